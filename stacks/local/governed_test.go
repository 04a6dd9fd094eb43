package local

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
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

// governed runs the credit example with a smaller model and one policy.
func governed(t *testing.T, policy plan.Policy) (*Stack, *clock) {
	t.Helper()
	f, err := os.Open("../../blueprints/testdata/credit.dev.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := plan.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	m := p.Models["default-risk"]
	m.Params["n_estimators"], m.CrossValidation = 10.0, nil
	p.Models["default-risk"] = m
	p.Policies = []plan.Policy{policy}
	now := &clock{now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}
	s, err := Open(t.Context(), Config{Plan: p, Dir: "../../blueprints/examples/credit", State: t.TempDir(),
		Author: "ada", Now: now.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, now
}

func requires(field string, op plan.Op, v any) plan.Constraint {
	is := plan.Constraint{Compare: []plan.Comparison{{Op: op, Value: v}}}
	return plan.Constraint{Fields: &plan.Fields{Named: map[string]plan.Field{field: {Is: is}}}}
}

func entries(t *testing.T, s *Stack, action string) []registry.Entry {
	t.Helper()
	out, err := s.state.Registry.Audit(t.Context(), registry.Filter{Action: action})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestWhatGrowsStaleIsNotServedAnyMore moves the clock over a model that is
// served, and nothing else.
func TestWhatGrowsStaleIsNotServedAnyMore(t *testing.T) {
	s, now := governed(t, plan.Policy{
		ID: "server/fresh", Level: plan.Mandatory, Digest: "sha256:" + strings.Repeat("a", 64),
		Match:   requires("point", plan.Equal, "serve"),
		Require: requires("age_days", plan.LessEqual, 30.0), Reason: "the world moved on", Fix: "train it",
	})
	if _, err := s.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	h, err := s.newServer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e := h.endpoints[0]
	if got := e.Status(); got.Version != 1 {
		t.Fatalf("nothing is served: %+v", got)
	}
	if stopped, err := e.Recheck(t.Context()); stopped || err != nil {
		t.Errorf("a fresh version was withdrawn: %t, %v", stopped, err)
	}
	now.add(31 * 24 * time.Hour)
	if stopped, err := e.Recheck(t.Context()); !stopped || err != nil {
		t.Fatalf("a stale version goes on serving: %t, %v", stopped, err)
	}
	if got := e.Status(); got.Version != 0 ||
		!strings.Contains(got.Waiting, "policy server/fresh (sha256:aaaaaaaaaaaa) objects: age_days is 31, must be <=30") {
		t.Errorf("%+v", got)
	}
	withdrawn := entries(t, s, registry.ActionWithdraw)
	if len(withdrawn) != 1 || !strings.Contains(withdrawn[0].Summary(), "server/fresh") {
		t.Errorf("the log says %+v", withdrawn)
	}
	if changed, err := e.Follow(t.Context()); err != nil || changed {
		t.Errorf("it is served again: %t, %v", changed, err)
	}
	if err := s.state.Registry.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatAPolicyObjectsToIsNotRegistered(t *testing.T) {
	s, _ := governed(t, plan.Policy{
		ID: "server/better", Level: plan.Mandatory, Digest: "sha256:" + strings.Repeat("b", 64),
		Match: requires("point", plan.Equal, "register"),
		Require: plan.Constraint{Fields: &plan.Fields{Named: map[string]plan.Field{"metrics": {Is: requires("roc_auc",
			plan.GreaterEqual, 0.99)}}}}, Reason: "we want the best",
	})
	_, err := s.Build(t.Context())
	if err == nil || !strings.Contains(err.Error(), "1 policy objects") ||
		!strings.Contains(err.Error(), "server/better (sha256:bbbbbbbbbbbb) objects: metrics.roc_auc is 0.79") {
		t.Errorf("got %v", err)
	}
	if versions, err := s.state.Registry.Versions(t.Context(), "default-risk"); err != nil || len(versions) != 0 {
		t.Errorf("%v, %v", versions, err)
	}
	refused := entries(t, s, registry.ActionRefuse)
	if len(refused) != 1 || !strings.Contains(refused[0].Summary(), "server/better") {
		t.Errorf("the log says %+v", refused)
	}
}

func TestAPlanWithAPolicyThatCannotBeJudgedDoesNotStand(t *testing.T) {
	p := &plan.Plan{Policies: []plan.Policy{{ID: "server/broken", Require: requires("x", plan.Matches, "(")}}}
	_, err := Open(t.Context(), Config{Plan: p, Dir: ".", State: t.TempDir(), Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), "server/broken") {
		t.Errorf("got %v", err)
	}
}
