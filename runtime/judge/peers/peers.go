// Package peers joins what the pods of an endpoint have counted, and answers with the
// verdict on the new version. It exists because each pod serves one version and counts
// its own requests only, while a verdict is about all of them.
//
// Argo Rollouts asks one pod, by an AnalysisTemplate with the web provider:
//
//	POST /release/judge
//	{"champion": "6d4f...", "challenger": "85bc...", "analysis": {"metrics": {...}, ...}}
//
// The versions are given as the hashes of their pod templates. The pod asks all pods of
// the endpoint, itself included, for
//
//	GET /release/observations
//	{"hash": "85bc...", "observations": {...}}
//
// adds up what those of each version have counted, and answers a judge.Verdict with the
// number of pods that took part. A pod's counts go with it: they make the verdict come
// later, not wrong. As long as a pod does not answer nothing passes, for it may be the
// one that fails; what fails on the others' counts fails.
package peers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/judge"
)

// The paths that are answered.
const (
	JudgePath        = "/release/judge"
	ObservationsPath = "/release/observations"
)

// Bounds of a question and of who is asked.
const (
	maxQuestion = 64 << 10 // bytes
	maxMetrics  = 32
	maxPods     = 1000
)

// Config is what the answers are made of; all fields are required.
type Config struct {
	Hash string // of this pod's template
	// Own are the requests that this pod has counted, as those of the challenger.
	Own func() *judge.Observations
	// Pods are the URLs of all pods of the endpoint, such as http://10.0.0.7:8080.
	Pods func(context.Context) ([]string, error)
	// Client is given a pod's URL; its timeout is that of one pod.
	Client Client
}

// Client asks pods; *http.Client is one.
type Client interface {
	Do(*http.Request) (*http.Response, error)
}

// Question is what Argo Rollouts asks.
type Question struct {
	Champion   string        `json:"champion"` // hashes of pod templates
	Challenger string        `json:"challenger"`
	Analysis   plan.Analysis `json:"analysis"`
}

// Report is what one pod has counted.
type Report struct {
	Hash         string              `json:"hash"`
	Observations *judge.Observations `json:"observations"`
}

// Answer is the verdict, and who took part in it.
type Answer struct {
	judge.Verdict
	Pods Pods `json:"pods"`
}

// Pods are how many there are, and how many reported for each version.
type Pods struct {
	All        int `json:"all"`
	Champion   int `json:"champion"`
	Challenger int `json:"challenger"`
	Silent     int `json:"silent"` // did not answer
}

// Handler answers both paths.
type Handler struct{ cfg Config }

// New returns a handler, or what the configuration lacks.
func New(cfg Config) (*Handler, error) {
	if cfg.Hash == "" || cfg.Own == nil || cfg.Pods == nil || cfg.Client == nil {
		return nil, errors.New("peers: a handler needs a hash, its own counts, the pods and a client")
	}
	return &Handler{cfg: cfg}, nil
}

// ServeHTTP answers with JSON: 400 to a question that cannot be judged, 503 where the
// pods are not known.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == ObservationsPath {
		reply(w, http.StatusOK, Report{h.cfg.Hash, h.cfg.Own()})
		return
	}
	q, err := read(r.Body)
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	answer, err := h.judge(r.Context(), q)
	if err != nil {
		reply(w, http.StatusServiceUnavailable, map[string]string{"error": err.Error()})
		return
	}
	reply(w, http.StatusOK, answer)
}

// read reads a question. It errs where no verdict on it has a meaning.
func read(body io.Reader) (*Question, error) {
	text, err := io.ReadAll(io.LimitReader(body, maxQuestion+1))
	if err != nil || len(text) > maxQuestion {
		return nil, fmt.Errorf("a question has at most %d bytes", maxQuestion)
	}
	var q Question
	if err := json.Unmarshal(text, &q); err != nil {
		return nil, fmt.Errorf("question: %w", err)
	}
	var found []error
	if q.Challenger == "" {
		found = append(found, errors.New("question: challenger is missing: the hash of the new version's pods"))
	}
	if n := len(q.Analysis.Metrics); n == 0 || n > maxMetrics {
		found = append(found, fmt.Errorf("question: %d metrics; want 1 to %d", n, maxMetrics))
	}
	if c := q.Analysis.Confidence; !(c >= 0.5 && c < 1) {
		found = append(found, fmt.Errorf("question: confidence %g; want 0.5 or more, and less than 1", c))
	}
	return &q, errors.Join(found...)
}

func reply(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(text) //nolint:errcheck // a client that has gone needs no answer
}
