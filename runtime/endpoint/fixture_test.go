package endpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// system is the credit example with a small model, trained and approved once.
type system struct {
	plan     *plan.Plan
	store    *store.Store
	registry *registry.Registry
	clock    *clock
}

func newSystem(t *testing.T) *system {
	t.Helper()
	f, err := os.Open("../../blueprints/testdata/credit.dev.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := &system{clock: &clock{now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}}
	if h.plan, err = plan.Decode(f); err != nil {
		t.Fatal(err)
	}
	h.plan.Policies = nil
	e := h.plan.Endpoints["scoring"]
	e.Drift = &plan.Drift{Window: "1h", MinRows: 50, MaxRows: 10_000, Tests: "auto",
		Alert: plan.DriftAlert{Share: 0.5, Windows: 1, Of: 1}, Retrain: true}
	e.Strategy = plan.Strategy{} // tests of releases set their own
	h.plan.Endpoints["scoring"] = e
	dir := t.TempDir()
	if h.store, err = store.Open(t.Context(), filepath.Join(dir, "store")); err != nil {
		t.Fatal(err)
	}
	if h.registry, err = registry.Open(t.Context(), filepath.Join(dir, "registry.db"),
		registry.Options{Now: h.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.registry.Close()
		h.store.Close()
	})
	h.train(t, 5)
	return h
}

// train makes the next version, with so many trees.
func (h *system) train(t *testing.T, trees float64) registry.Version {
	t.Helper()
	m := h.plan.Models["default-risk"]
	m.Params = plan.Params{"n_estimators": trees, "max_depth": 6.0}
	m.CrossValidation, m.Search = nil, nil
	m.Require = plan.Require{}
	h.plan.Models["default-risk"] = m
	runner, err := pipeline.New(pipeline.Config{
		Plan: h.plan, Dir: "../../blueprints/examples/credit", Store: h.store, Registry: h.registry, Author: "ada",
		Trigger: "test", Now: h.clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	o, err := runner.BuildJob(t.Context(), pipeline.Job{Unit: plan.Unit{Model: "default-risk"}})
	if err != nil || o.Version.Status != registry.Approved || !o.New() {
		t.Fatalf("%+v, %v", o.Version, err)
	}
	return o.Version
}

// replica returns one of the endpoint's replicas, or with no name its sole
// process.
func (h *system) replica(t *testing.T, name string) *Endpoint {
	t.Helper()
	rules, err := govern.NewRules(h.plan)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := NewMetrics(h.plan)
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Config{
		Plan: h.plan, Name: "scoring", Store: h.store, Registry: h.registry, Rules: rules, Metrics: metrics,
		Author: "endpoint/scoring",
		Now:    h.clock.Now, Replica: name,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func follow(t *testing.T, e *Endpoint) {
	t.Helper()
	if _, err := e.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (h *system) judge(t *testing.T) []Verdict {
	t.Helper()
	out, err := Judge(t.Context(), h.judging())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (h *system) judging() JudgeConfig {
	return JudgeConfig{Plan: h.plan, Name: "scoring", Store: h.store, Registry: h.registry, Now: h.clock.Now}
}

// ask sends n requests of people like nobody in the training data.
func ask(t *testing.T, e *Endpoint, n int) {
	t.Helper()
	for i := range n {
		body := fmt.Sprintf(`{"features": {"Seniority": %d, "Home": "rent", "Time": 6, "Age": 99, "Marital": "married", "Records": "yes",
			"Job": "others", "Expenses": 9000, "Income": 9000, "Assets": 9000000, "Debt": 900000, "Amount": 90000, "Price": 90000}}`, 80+i%5)
		if code, answer := request(t, e, http.MethodPost, "/predict", body); code != http.StatusOK {
			t.Fatalf("%d %s", code, answer)
		}
	}
}

func request(t *testing.T, e *Endpoint, method, path, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(method, path, bytes.NewReader([]byte(body)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	e.Server().Handler().ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// shown is what GET /drift answers.
func shown(t *testing.T, e *Endpoint) (view struct {
	Version int
	Pending int64 `json:"pending_rows"`
	Reports []struct {
		Window       int64
		Rows         int64
		DatasetDrift bool `json:"dataset_drift"`
	}
}) {
	t.Helper()
	code, answer := request(t, e, http.MethodGet, "/drift", "")
	if err := json.Unmarshal([]byte(answer), &view); code != http.StatusOK || err != nil {
		t.Fatalf("%d %s: %v", code, answer, err)
	}
	return view
}
