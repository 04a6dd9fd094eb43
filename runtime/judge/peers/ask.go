package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/tracing"
)

// atOnce is how many pods are asked at a time, and maxReport what one may say, in bytes.
const (
	atOnce    = 16
	maxReport = 64 << 10
)

// judge joins the reports of all pods, and judges.
func (h *Handler) judge(ctx context.Context, q *Question) (*Answer, error) {
	pods, err := h.cfg.Pods(ctx)
	if err != nil {
		return nil, fmt.Errorf("pods of the endpoint: %w", err)
	}
	if len(pods) > maxPods {
		return nil, fmt.Errorf("the endpoint has %d pods; at most %d are asked", len(pods), maxPods)
	}
	joined := &joining{question: q, pods: Pods{All: len(pods)},
		sum: &judge.Observations{Thresholds: judge.AnalysisThresholds(&q.Analysis)}}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, pod := range pods {
		group.Go(func() error {
			defer crash.Guard()
			report, err := h.ask(ctx, pod)
			joined.add(report, err)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return joined.answer(), nil
}

// ask is the report of one pod.
func (h *Handler) ask(ctx context.Context, pod string) (*Report, error) {
	text, err := get(ctx, h.cfg.Client, pod)
	if err != nil {
		return nil, err
	}
	var raw struct {
		Hash         string          `json:"hash"`
		Observations json.RawMessage `json:"observations"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	o, err := judge.Decode(bytes.NewReader(raw.Observations))
	return &Report{raw.Hash, o}, err
}

// get is what a pod answers at ObservationsPath.
func get(ctx context.Context, client Client, pod string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, pod+ObservationsPath, nil)
	if err != nil {
		return nil, err
	}
	ctx, span := tracing.Client(ctx, r.Header, "GET "+ObservationsPath)
	defer span.End()
	answer, err := client.Do(r.WithContext(ctx))
	if err != nil {
		span.Fail("pod")
		return nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read, or is of no use
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxReport+1))
	switch {
	case err != nil:
		return nil, err
	case answer.StatusCode != http.StatusOK || len(text) > maxReport:
		return nil, fmt.Errorf("it answers %d, %d bytes", answer.StatusCode, len(text))
	}
	return text, nil
}

// joining adds reports up.
type joining struct {
	question *Question
	lock     sync.Mutex
	pods     Pods
	sum      *judge.Observations
}

// add takes a pod's counts for those of its version. A pod of a third version, which is
// on its way out, has no say.
func (j *joining) add(report *Report, err error) {
	j.lock.Lock()
	defer j.lock.Unlock()
	if err != nil {
		j.pods.Silent++
		return
	}
	o := report.Observations.At(j.sum.Thresholds)
	switch report.Hash {
	case j.question.Challenger: // both hashes are the same where nothing is released
		if len(o.Challenger.Slower) < len(o.Thresholds) {
			j.pods.Silent++ // of the latencies that are asked about it says nothing
			return
		}
		j.pods.Challenger++
	case j.question.Champion:
		j.pods.Champion++
		o = &judge.Observations{Thresholds: o.Thresholds, Champion: o.Challenger}
	default:
		return
	}
	if j.sum.Join(o) != nil {
		j.pods.Silent++
	}
}

// answer is the verdict on what was added.
func (j *joining) answer() *Answer {
	a := &Answer{Verdict: judge.Judge(&j.question.Analysis, j.sum, 1), Pods: j.pods}
	if a.Verdict.Verdict == judge.Pass && j.pods.Silent > 0 {
		a.Verdict.Verdict = judge.Inconclusive
		a.Reason = fmt.Sprintf("%d of %d pods did not say what they have counted", j.pods.Silent, j.pods.All)
	}
	return a
}
