package peers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/judge"
)

// cluster is a number of pods, each with a handler of its own.
type cluster struct {
	urls []string
	t    *testing.T
}

// pod adds a pod of the version with so many requests, of which some failed and some
// were slow.
func (c *cluster) pod(hash string, requests, failed, slow int) *judge.Recorder {
	c.t.Helper()
	r, err := judge.NewRecorder([]float64{0.05, 0.2})
	if err != nil {
		c.t.Fatal(err)
	}
	for i := range requests {
		seconds := 0.001
		if i < slow {
			seconds = 0.1
		}
		r.Answered(judge.Challenger, seconds, i < failed)
	}
	h, err := New(Config{Hash: hash, Own: r.Observations, Client: http.DefaultClient,
		Pods: func(context.Context) ([]string, error) { return c.urls, nil }})
	if err != nil {
		c.t.Fatal(err)
	}
	s := httptest.NewServer(h)
	c.t.Cleanup(s.Close)
	c.urls = append(c.urls, s.URL)
	return r
}

// report lets a pod say something else of itself, and answer no question.
func (c *cluster) report(pod int, r Report) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, r)
	}))
	c.t.Cleanup(s.Close)
	c.urls[pod] = s.URL
}

const question = `{"champion": "old", "challenger": "new", "analysis": {"confidence": 0.95, "min_requests": 100,
	"metrics": {"error_rate": [{"op": "<", "value": 0.01}], "latency_p99": [{"op": "<", "value": 0.05}],
	"error_rate_difference": [{"op": "<", "value": 0.01}]}}}`

// ask asks one of the pods, as Argo Rollouts does.
func (c *cluster) ask(pod int, body string) (*Answer, int) {
	c.t.Helper()
	answer, err := http.Post(c.urls[pod]+JudgePath, "application/json", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // of a test
	var a Answer
	if err := json.NewDecoder(answer.Body).Decode(&a); err != nil {
		c.t.Fatal(err)
	}
	return &a, answer.StatusCode
}

func TestTheVerdictIsOnTheCountsOfAllPods(t *testing.T) {
	for name, made := range map[string]struct {
		pods func(*cluster)
		want judge.Outcome
		who  Pods
	}{
		"good": {func(c *cluster) {
			c.pod("new", 6000, 3, 2)
			c.pod("new", 6000, 3, 2)
			c.pod("old", 20000, 20, 0)
			c.pod("older", 20000, 20000, 20000)
		}, judge.Pass, Pods{All: 4, Champion: 1, Challenger: 2}},
		"bad in one of two pods": {func(c *cluster) {
			c.pod("new", 6000, 3, 2)
			c.pod("new", 6000, 600, 2)
			c.pod("old", 20000, 20, 0)
		}, judge.Fail, Pods{All: 3, Champion: 1, Challenger: 2}},
		"slow": {func(c *cluster) {
			c.pod("new", 12000, 0, 600)
			c.pod("old", 20000, 20, 0)
		}, judge.Fail, Pods{All: 2, Champion: 1, Challenger: 1}},
		"not asked much": {func(c *cluster) {
			c.pod("new", 99, 99, 0)
			c.pod("old", 20000, 20, 0)
		}, judge.Inconclusive, Pods{All: 2, Champion: 1, Challenger: 1}},
		"good, and one pod has counted other latencies": {func(c *cluster) {
			c.pod("new", 12000, 6, 4)
			c.pod("new", 12000, 6, 12000)
			c.pod("old", 20000, 20, 0)
			c.report(1, Report{Hash: "new", Observations: &judge.Observations{Thresholds: []float64{0.2},
				Challenger: judge.Counts{Requests: 12000, Slower: []int64{0}}}})
		}, judge.Inconclusive, Pods{All: 3, Champion: 1, Challenger: 1, Silent: 1}},
		"good, and one pod is silent": {func(c *cluster) {
			c.pod("new", 12000, 6, 4)
			c.pod("old", 20000, 20, 0)
			c.urls = append(c.urls, "http://127.0.0.1:1")
		}, judge.Inconclusive, Pods{All: 3, Champion: 1, Challenger: 1, Silent: 1}},
		"bad, and one pod is silent": {func(c *cluster) {
			c.pod("new", 12000, 1200, 4)
			c.pod("old", 20000, 20, 0)
			c.urls = append(c.urls, "http://127.0.0.1:1")
		}, judge.Fail, Pods{All: 3, Champion: 1, Challenger: 1, Silent: 1}},
	} {
		c := &cluster{t: t}
		made.pods(c)
		for _, pod := range []int{0, 1} { // whichever is asked
			if strings.Contains(name, "other latencies") && pod == 1 {
				continue
			}
			a, status := c.ask(pod, question)
			if status != http.StatusOK || a.Verdict.Verdict != made.want || a.Pods != made.who {
				t.Errorf("%s: %d %s (%s), pods %+v", name, status, a.Verdict.Verdict, a.Reason, a.Pods)
			}
		}
	}
}

func TestAQuestionWithoutMeaningIsRefused(t *testing.T) {
	c := &cluster{t: t}
	c.pod("new", 1, 0, 0)
	for _, body := range []string{``, `[]`, `{}`, strings.Replace(question, "0.95", "1", 1),
		strings.Replace(question, `"challenger": "new", `, "", 1), `{"challenger": "new", "analysis": {"metrics": {}}}`,
		fmt.Sprintf(`{"challenger": %q}`, strings.Repeat("x", maxQuestion))} {
		if _, status := c.ask(0, body); status != http.StatusBadRequest {
			t.Errorf("%.80s: %d", body, status)
		}
	}
	if _, err := New(Config{Hash: "x"}); err == nil {
		t.Error("a handler without pods is made")
	}
}

func FuzzAQuestionIsReadOrRefused(f *testing.F) {
	f.Add([]byte(question))
	f.Add([]byte(`{"challenger":"a","analysis":{"confidence":0.9,"metrics":{"latency_p99":[]}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		q, err := read(strings.NewReader(string(text)))
		if err != nil {
			return
		}
		j := &joining{question: q, sum: &judge.Observations{Thresholds: judge.AnalysisThresholds(&q.Analysis)}}
		o := &judge.Observations{Challenger: judge.Counts{Requests: 200}}
		j.add(&Report{Hash: q.Challenger, Observations: o}, nil)
		if _, err := json.Marshal(j.answer()); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	})
}
