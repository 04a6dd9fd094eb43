package endpoint

import (
	"fmt"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

// pod is one of a cluster's, started for the first version and those beside it.
func (h *system) pod(t *testing.T, name string, first registry.Version, beside Within) *Endpoint {
	t.Helper()
	e := h.replica(t, name)
	e.cfg.Assigned, e.cfg.Within = &first.ModelDigest, beside
	follow(t, e)
	return e
}

// counted waits until the pod has counted so many requests to the version.
func counted(t *testing.T, e *Endpoint, name string, compared int64) judge.Counted {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		c := e.Counted()[name]
		if c.Observations != nil && c.Observations.Pairs.Compared >= compared || time.Now().After(deadline) {
			return c
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// under is the state of a release in the store, as who judges all pods keeps it.
func (h *system) under(t *testing.T, from, to registry.Version, change func(*release.State)) {
	t.Helper()
	st := &release.State{Endpoint: "scoring", Stable: Named(from)}
	if _, err := st.Wants(h.plan.Endpoints["scoring"].Strategy, Named(to), h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	change(st)
	if err := KeepReleases(t.Context(), h.store, st); err != nil {
		t.Fatal(err)
	}
}

// TestAPodStandsWhereTheReleaseIs: who judges all pods moves the traffic of each, and a
// pod that starts meanwhile stands there too.
func TestAPodStandsWhereTheReleaseIs(t *testing.T) {
	h := newSystem(t)
	h.by(canaryOf(nil))
	first, err := h.registry.Version(t.Context(), "default-risk", 1)
	if err != nil {
		t.Fatal(err)
	}
	second := h.train(t, 6)
	e := h.pod(t, "one", first, Within{Next: second.ModelDigest})
	share := func(e *Endpoint, low, high int) {
		t.Helper()
		if by := versions(t, e, "/predict", 400); by[2] < low || by[2] > high {
			t.Errorf("answered by %v, want %d to %d by the new version", by, low, high)
		}
	}
	share(e, 0, 0) // nothing says yet that a release has begun
	stages, err := release.Stages(h.plan.Endpoints["scoring"].Strategy)
	if err != nil {
		t.Fatal(err)
	}
	for stage, at := range stages {
		h.under(t, first, second, func(st *release.State) { st.Current.Stage = stage })
		if _, err := e.Advance(t.Context()); err != nil {
			t.Fatal(err)
		}
		share(e, 4*at.Weight-80, 4*at.Weight+80)
	}
	again := h.pod(t, "two", first, Within{Next: second.ModelDigest})
	share(again, 4*stages[len(stages)-1].Weight-80, 400)
	if now, err := h.registry.ServedAt(t.Context(), "", h.clock.Now()); err != nil || len(now) != 0 {
		t.Errorf("pods recorded %+v, %v: who judges them records", now, err)
	}
	h.under(t, first, second, func(st *release.State) { st.Stable, st.Current = Named(second), nil })
	if _, err := e.Advance(t.Context()); err != nil {
		t.Fatal(err)
	}
	share(e, 400, 400) // promoted
	h.under(t, first, second, func(st *release.State) { st.Current = nil })
	if _, err := e.Advance(t.Context()); err != nil {
		t.Fatal(err)
	}
	share(e, 0, 0) // aborted
}

func TestAPodAsksAShadowAndAnswersWithItsOwnVersion(t *testing.T) {
	h := newSystem(t)
	h.by(plan.Strategy{Shadow: &plan.Shadow{Analysis: agreement(0.5, 20), Queue: 100}})
	first, err := h.registry.Version(t.Context(), "default-risk", 1)
	if err != nil {
		t.Fatal(err)
	}
	second := h.train(t, 6)
	h.under(t, first, second, func(*release.State) {})
	e := h.pod(t, "one", first, Within{Next: second.ModelDigest})
	for i, version := range answers(t, e, 50) {
		if version != 1 {
			t.Fatalf("request %d was answered by version %d", i, version)
		}
	}
	c := counted(t, e, Next, 50)
	o := c.Observations
	if c.Digest != second.ModelDigest || o.Pairs.Compared != 50 || o.Champion.Requests != 50 ||
		o.Challenger.Requests != 50 {
		t.Errorf("%+v: %+v", c, o)
	}
	no := registry.Decision{By: "ada", Comment: "no"}
	if _, err := h.registry.Reject(t.Context(), second.Model, second.Version, no); err != nil {
		t.Fatal(err)
	}
	follow(t, e)
	if left := e.Counted(); len(left) != 0 {
		t.Errorf("a version that was rejected is still asked: %+v", left)
	}
	answers(t, e, 5)
}

func TestEveryPodGivesTheSameVariant(t *testing.T) {
	h := newSystem(t)
	h.by(split(agreement(0.5, 20)))
	first, err := h.registry.Version(t.Context(), "default-risk", 1)
	if err != nil {
		t.Fatal(err)
	}
	second := h.train(t, 6)
	third := h.train(t, 7) // which no pod was started for
	beside := Within{"b-newest": second.ModelDigest}
	a, b := h.pod(t, "a", first, beside), h.pod(t, "b", first, beside)
	got := answers(t, a, 300)
	if again := answers(t, b, 300); fmt.Sprint(got) != fmt.Sprint(again) {
		t.Errorf("one pod answers by %v, another by %v", got, again)
	}
	count := map[int]int64{}
	for _, version := range got {
		count[version]++
	}
	if count[1] < 100 || count[2] < 100 || count[third.Version] != 0 {
		t.Errorf("answered by %v", count)
	}
	c := counted(t, a, "b-newest", 300)
	if o := c.Observations; c.Digest != second.ModelDigest || o.Challenger.Requests != count[2] ||
		o.Champion.Requests != count[1] {
		t.Errorf("%+v: %+v", c, o)
	}
	closed := h.pod(t, "c", first, Within{"b-newest": ""})
	for i, version := range answers(t, closed, 100) {
		if version != 1 {
			t.Fatalf("request %d was answered by version %d of a variant that is closed", i, version)
		}
	}
	if left := closed.Counted(); len(left) != 0 {
		t.Errorf("%+v", left)
	}
}

func TestVersionsWithinAPodAreWrittenInOneWay(t *testing.T) {
	w := Within{"b": "sha256:2", "a \"x\"": ""}
	back, err := ParseWithin(w.String())
	if err != nil || fmt.Sprint(back) != fmt.Sprint(w) || back.String() != w.String() {
		t.Errorf("%v, %v", back, err)
	}
	for _, wrong := range []string{"{", `["a"]`, `{"a": 1}`} {
		if _, err := ParseWithin(wrong); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
	if none, err := ParseWithin(""); none != nil || err != nil || none.String() != "" {
		t.Errorf("%v, %v", none, err)
	}
}
