package endpoint

import (
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// TestAPodOfANewVersionComparesItWithTheOneThatHasTheTraffic: as many rows as it was
// asked, and no longer than the version before has the traffic.
func TestAPodOfANewVersionComparesItWithTheOneThatHasTheTraffic(t *testing.T) {
	h := newSystem(t)
	tolerance := 0.0
	first, err := h.registry.Version(t.Context(), "default-risk", 1)
	if err != nil {
		t.Fatal(err)
	}
	old := h.replica(t, "old")
	old.cfg.Assigned, old.cfg.Compare = &first.ModelDigest, &tolerance
	follow(t, old)
	h.clock.add(time.Second)
	second := h.train(t, 6)
	next := h.replica(t, "next")
	next.cfg.Assigned, next.cfg.Compare = &second.ModelDigest, &tolerance
	follow(t, next)
	const asked = 20
	ask(t, next, asked)
	deadline := time.Now().Add(10 * time.Second)
	for next.Compared().Compared < asked && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if p := next.Compared(); p.Compared != asked || p.Agreed == 0 {
		t.Errorf("of %d rows %+v were compared", asked, p)
	}
	if p := old.Compared(); p.Compared != 0 {
		t.Errorf("the version before compared %+v", p)
	}
	h.clock.add(time.Second)
	if err := h.registry.RecordServing(t.Context(), "scoring", "default-risk", 2, second.ModelDigest); err != nil {
		t.Fatal(err)
	}
	follow(t, next)
	ask(t, next, 1)
	if p := next.Compared(); p.Compared != 0 || next.Status().Version != 2 {
		t.Errorf("it compares with nobody, and says %+v", p)
	}
}

// TestAPodServesTheVersionThatItWasStartedForAndNoOther: newer versions take traffic as
// newer pods, which is for who moves pods to decide.
func TestAPodServesTheVersionThatItWasStartedForAndNoOther(t *testing.T) {
	h := newSystem(t)
	first, err := h.registry.Version(t.Context(), "default-risk", 1)
	if err != nil {
		t.Fatal(err)
	}
	pod := func(name, digest string) *Endpoint {
		e := h.replica(t, name)
		e.cfg.Assigned = &digest
		follow(t, e)
		return e
	}
	idle := pod("idle", "")
	if s := idle.Status(); s.Version != 0 || !strings.Contains(s.Waiting, "has not been released to any pod yet") {
		t.Errorf("a pod without a version says %+v", s)
	}
	old := pod("old", first.ModelDigest)
	h.clock.add(1)
	second := h.train(t, 6)
	follow(t, old)
	next := pod("next", second.ModelDigest)
	if a, b := old.Status().Version, next.Status().Version; a != 1 || b != 2 {
		t.Fatalf("the old pod serves %d, the new one %d", a, b)
	}
	served := func(name string) int {
		now, err := h.registry.ServedAt(t.Context(), name, h.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		if len(now) == 0 {
			return 0
		}
		return now[0].Version
	}
	if a, b := served("scoring"), served(Slot("scoring")); a != 1 || b != 2 {
		t.Errorf("the endpoint is said to serve %d, beside it %d", a, b)
	}
	if v, err := h.registry.Version(t.Context(), "default-risk", 2); err != nil || len(v.Aliases) > 0 {
		t.Errorf("%v, %v: a version is champion while it is released", v.Aliases, err)
	}
	if _, err := h.registry.Reject(t.Context(), "default-risk", 1, registry.Decision{By: "ada", Comment: "wrong"}); err != nil {
		t.Fatal(err)
	}
	follow(t, old)
	if s := old.Status(); s.Version != 0 {
		t.Errorf("a pod serves a version that was rejected: %+v", s)
	}
}
