package endpoint

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

func TestAnEndpointFollowsWhatIsDecided(t *testing.T) {
	h := newSystem(t)
	e := h.replica(t, "")
	if code, _ := request(t, e, http.MethodGet, "/ready", ""); code != http.StatusServiceUnavailable {
		t.Errorf("ready before it has looked: %d", code)
	}
	steps := []struct {
		name    string
		do      func() error
		version int
		changed bool
	}{
		{"an approved version", func() error { return nil }, 1, true},
		{"nothing new", func() error { return nil }, 1, false},
		{"a newer one", func() error { h.train(t, 6); return nil }, 2, true},
		{"which is rejected", func() error {
			_, err := h.registry.Reject(t.Context(), "default-risk", 2, registry.Decision{By: "grace"})
			return err
		}, 1, true},
		{"and the other too", func() error {
			_, err := h.registry.Reject(t.Context(), "default-risk", 1, registry.Decision{By: "grace"})
			return err
		}, 0, true},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatal(err)
		}
		changed, err := e.Follow(t.Context())
		now := e.Status()
		if code, answer := request(t, e, http.MethodPost, "/predict", now.Example); now.Version > 0 &&
			code != http.StatusOK {
			t.Errorf("%s: the example %s is answered %d %s", s.name, now.Example, code, answer)
		}
		if err != nil || changed != s.changed || now.Version != s.version || (now.Waiting == "") != (s.version > 0) {
			t.Errorf("%s: %+v, changed %t, %v", s.name, now, changed, err)
		}
		if _, ready := request(t, e, http.MethodGet, "/ready", ""); !strings.Contains(ready, now.Waiting) {
			t.Errorf("%s: /ready says %s, and not %s", s.name, ready, now.Waiting)
		}
		h.clock.add(time.Second)
		served, err := h.registry.ServedAt(t.Context(), "scoring", h.clock.Now())
		if err != nil || s.version == 0 && len(served) > 0 || s.version > 0 &&
			(len(served) != 1 || served[0].Version != s.version) {
			t.Errorf("%s: the registry says %+v, %v", s.name, served, err)
		}
	}
	if err := h.registry.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAReplicaThatIsLateDoesNotStopTheOthers(t *testing.T) {
	h := newSystem(t)
	quick, late := h.replica(t, "pod-a"), h.replica(t, "pod-b")
	follow(t, quick)
	follow(t, late)
	h.train(t, 6)
	follow(t, quick)
	if _, err := h.registry.Reject(t.Context(), "default-risk", 1, registry.Decision{By: "grace"}); err != nil {
		t.Fatal(err)
	}
	h.clock.add(time.Second)
	if _, err := late.withdraw(t.Context(), "version 1 is rejected", nil); err != nil {
		t.Fatal(err)
	}
	served, err := h.registry.ServedAt(t.Context(), "scoring", h.clock.Now())
	if err != nil || len(served) != 1 || served[0].Version != 2 {
		t.Errorf("%+v, %v", served, err)
	}
	follow(t, late)
	if s := late.Status(); s.Version != 2 {
		t.Errorf("%+v", s)
	}
}

func TestARegistryThatMissedAWithdrawalIsToldAgain(t *testing.T) {
	h := newSystem(t)
	e := h.replica(t, "")
	follow(t, e)
	if _, err := h.registry.Reject(t.Context(), "default-risk", 1, registry.Decision{By: "grace"}); err != nil {
		t.Fatal(err)
	}
	unreachable, cancel := context.WithCancel(t.Context())
	cancel()
	if stopped, err := e.withdraw(unreachable, "version 1 is rejected", nil); !stopped || err == nil {
		t.Fatalf("stopped %t, %v; want an error of the registry", stopped, err)
	}
	if code, _ := request(t, e, http.MethodGet, "/ready", ""); code != http.StatusServiceUnavailable {
		t.Errorf("ready with a version that was withdrawn: %d", code)
	}
	follow(t, e)
	h.clock.add(time.Second)
	if served, err := h.registry.ServedAt(t.Context(), "scoring", h.clock.Now()); err != nil || len(served) > 0 {
		t.Errorf("the registry still says that %+v is served (%v)", served, err)
	}
	head, err := h.registry.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	follow(t, e)
	if again, err := h.registry.Head(t.Context()); err != nil || again != head {
		t.Errorf("the withdrawal is recorded once more: %d entries after %d (%v)", again, head, err)
	}
}

func TestAModelFileThatIsGoneChangesNothing(t *testing.T) {
	h := newSystem(t)
	e := h.replica(t, "")
	follow(t, e)
	next := h.train(t, 6)
	if err := h.store.Delete(t.Context(), next.ModelDigest); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Follow(t.Context()); err == nil || !strings.Contains(err.Error(), "version 2 of default-risk") {
		t.Errorf("got %v", err)
	}
	if s := e.Status(); s.Version != 1 {
		t.Errorf("%+v", s)
	}
	ask(t, e, 1)
}

func TestAnEndpointOutlivesItsRegistry(t *testing.T) {
	h := newSystem(t)
	e := h.replica(t, "")
	said := make(chan string, 100)
	e.cfg.Notice = func(line string) { said <- line }
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		Keep(ctx, h.registry, time.Millisecond, []*Endpoint{e})
		close(done)
	}()
	if line := <-said; line != "scoring now serves default-risk version 1" {
		t.Error(line)
	}
	if err := h.registry.Close(); err != nil {
		t.Fatal(err)
	}
	if line := <-said; !strings.HasPrefix(line, "scoring keeps serving version 1: ") {
		t.Error(line)
	}
	ask(t, e, 1)
	stop()
	<-done
	if len(said) > 0 {
		t.Errorf("the same is said again and again: %s", <-said)
	}
}

func TestASoleProcessKeepsItsWindows(t *testing.T) {
	h := newSystem(t)
	e := h.replica(t, "")
	follow(t, e)
	ask(t, e, 20)
	e.Save(t.Context())
	again := h.replica(t, "")
	follow(t, again)
	ask(t, again, 40)
	h.clock.add(time.Hour)
	if v := shown(t, again); len(v.Reports) != 1 || v.Reports[0].Rows != 60 || !v.Reports[0].DatasetDrift {
		t.Errorf("%+v", v)
	}
}

func TestNobodyObservesWhereNothingIsWatched(t *testing.T) {
	h := newSystem(t)
	spec := h.plan.Endpoints["scoring"]
	spec.Drift = nil
	h.plan.Endpoints["scoring"] = spec
	e := h.replica(t, "pod-a")
	follow(t, e)
	ask(t, e, 3)
	e.Save(t.Context())
	if refs := h.refs(t, ""); len(refs) > 0 {
		t.Errorf("%v", refs)
	}
	if _, watched := e.Reports(); watched {
		t.Error("it says that it watches")
	}
	if _, err := Judge(t.Context(), h.judging()); err == nil || !strings.Contains(err.Error(), "not watched") {
		t.Errorf("got %v", err)
	}
}

func TestAnEndpointThatIsNotInThePlanIsNamed(t *testing.T) {
	h := newSystem(t)
	cfg := h.judging()
	cfg.Name = "scorign"
	_, err1 := Judge(t.Context(), cfg)
	_, err2 := New(Config{Plan: h.plan, Name: "scorign"})
	for _, err := range []error{err1, err2} {
		if err == nil || !strings.Contains(err.Error(), `"scorign" is not in the plan; it has scoring`) {
			t.Errorf("got %v", err)
		}
	}
}

func TestLatencyObjectivesAreBoundariesOfTheHistogram(t *testing.T) {
	h := newSystem(t)
	slo := h.plan.SLOs["latency"]
	slo.Threshold.Duration = "37ms"
	h.plan.SLOs["latency"] = slo
	e := h.replica(t, "")
	follow(t, e)
	ask(t, e, 1)
	if _, metrics := request(t, e, http.MethodGet, "/metrics", ""); !strings.Contains(metrics, `le="0.037"`) {
		t.Error("a latency of 37ms is not counted exactly")
	}
}
