package endpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

// by has the endpoint take new versions by the strategy.
func (h *system) by(s plan.Strategy) {
	e := h.plan.Endpoints["scoring"]
	e.Strategy, e.Drift = s, nil
	h.plan.Endpoints["scoring"] = e
}

func atWeight(n int) plan.Step { return plan.Step{SetWeight: &n} }

// agreement is an analysis of how often two versions say the same.
func agreement(least float64, requests int) *plan.Analysis {
	return &plan.Analysis{Confidence: 0.95, MinRequests: requests,
		Metrics: map[string]plan.Predicate{plan.Agreement: {{Op: plan.GreaterEqual, Value: least}}}}
}

func canaryOf(a *plan.Analysis) plan.Strategy {
	return plan.Strategy{Canary: &plan.Canary{Analysis: a,
		Steps: []plan.Step{atWeight(10), {Pause: "1m"}, atWeight(50), {Pause: "1m"}}}}
}

// swapped registers the newest version again with its labels the wrong way round.
func (h *system) swapped(t *testing.T) registry.Version {
	t.Helper()
	all, err := h.registry.Versions(t.Context(), "default-risk")
	if err != nil {
		t.Fatal(err)
	}
	m, err := pipeline.LoadModel(t.Context(), h.store, all[0].ModelDigest)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(m.Signature.Labels)
	var file bytes.Buffer
	if err := m.Encode(&file); err != nil {
		t.Fatal(err)
	}
	c := all[0].Candidate
	if c.ModelDigest, _, err = h.store.Put(t.Context(), &file); err != nil {
		t.Fatal(err)
	}
	v, err := h.registry.Register(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if v, err = h.registry.Approve(t.Context(), v.Model, v.Version, registry.Decision{By: "grace"}); err != nil {
		t.Fatal(err)
	}
	return v
}

// advance lets seconds pass, one at a time as Keep does.
func (h *system) advance(t *testing.T, e *Endpoint, seconds int) {
	t.Helper()
	for range seconds {
		h.clock.add(time.Second)
		changed, err := e.Advance(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if changed {
			follow(t, e)
		}
	}
}

// versions asks n times, each answer of which must be one, and counts who answered.
func versions(t *testing.T, e *Endpoint, path string, n int) map[int]int {
	t.Helper()
	out := map[int]int{}
	for i := range n {
		code, answer := request(t, e, http.MethodPost, path, applicant(i))
		var a struct{ Version int }
		if err := json.Unmarshal([]byte(answer), &a); code != http.StatusOK || err != nil {
			t.Fatalf("%d %s", code, answer)
		}
		out[a.Version]++
	}
	return out
}

// applicant is a request like those of the training data.
func applicant(i int) string {
	return fmt.Sprintf(`{"features": {"Seniority": %d, "Home": "rent", "Time": 60, "Age": %d, "Marital": "married",
		"Records": "no", "Job": "fixed", "Expenses": 73, "Income": %d, "Assets": 0, "Debt": 0, "Amount": 800,
		"Price": 846}}`, i%30, 20+i%45, 50+i%300)
}

// compared waits until so many rows are compared, behind the answers.
func compared(t *testing.T, e *Endpoint, n int64) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); e.release.is.Counts().Compared < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%+v", e.release.is.Counts())
		}
	}
}

// stands compares what is served, and what the registry and the audit log say.
func (h *system) stands(t *testing.T, e *Endpoint, version int, phase release.Phase) {
	t.Helper()
	st := e.Releases()
	if got := e.Status().Version; got != version || st == nil || len(st.Past) == 0 || st.Past[0].Phase != phase ||
		st.Current != nil {
		t.Fatalf("version %d serves, and the releases are %+v; want version %d and %s", got, st, version, phase)
	}
	h.clock.add(time.Second)
	served, err := h.registry.ServedAt(t.Context(), "", h.clock.Now())
	if err != nil || len(served) != 1 || served[0].Version != version || served[0].Endpoint != "scoring" {
		t.Errorf("the registry says %+v, %v", served, err)
	}
	if by := versions(t, e, "/predict", 50); by[version] != 50 {
		t.Errorf("requests are answered by %v", by)
	}
	entries, err := h.registry.Audit(t.Context(), registry.Filter{Action: registry.ActionRelease})
	if err != nil || len(entries) == 0 || entries[len(entries)-1].Details["what"] != string(phase) {
		t.Errorf("the audit log has %+v, %v", entries, err)
	}
	if err := h.registry.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAGoodVersionGoesThroughTheStepsOfItsCanary(t *testing.T) {
	h := newSystem(t)
	h.by(canaryOf(agreement(0.9, 100)))
	e := h.replica(t, "")
	follow(t, e)
	if got := e.Status().Version; got != 1 {
		t.Fatalf("the first version has nothing to be compared with, and %d serves", got)
	}
	same := h.train(t, 6)
	follow(t, e)
	for _, step := range []struct{ weight, seconds int }{{10, 62}, {50, 62}} {
		by := versions(t, e, "/predict", 3000)
		if got := 100 * float64(by[same.Version]) / 3000; math.Abs(got-float64(step.weight)) > 3 {
			t.Errorf("%.1f %% of the traffic, want %d", got, step.weight)
		}
		served, err := h.registry.ServedAt(t.Context(), "", h.clock.Now().Add(time.Second))
		if err != nil || len(served) != 2 || served[0].Version != 1 || served[1].Version != same.Version ||
			served[1].Endpoint != "scoring/canary" {
			t.Errorf("the registry says %+v, %v", served, err)
		}
		compared(t, e, 100)
		h.advance(t, e, step.seconds)
	}
	h.advance(t, e, 3)
	h.stands(t, e, same.Version, release.Promoted)
}

func TestAVersionWithItsLabelsSwappedGoesBackByItsAgreement(t *testing.T) {
	h := newSystem(t)
	h.by(canaryOf(agreement(0.9, 20)))
	e := h.replica(t, "")
	follow(t, e)
	bad := h.swapped(t)
	follow(t, e)
	versions(t, e, "/predict", 400)
	compared(t, e, 300)
	h.advance(t, e, 2)
	h.stands(t, e, 1, release.Aborted)
	past := e.Releases().Past[0]
	if past.To.Version != bad.Version || !strings.Contains(past.Why, "agreement") ||
		len(past.Steps[past.Stage].Verdicts) == 0 {
		t.Errorf("%+v", past)
	}
	// It is not tried again, also not by another process, until a person says so.
	again := h.replica(t, "")
	follow(t, again)
	if st := again.Releases(); again.Status().Version != 1 || st.Current != nil {
		t.Fatalf("%+v", st)
	}
	err := h.registry.Releases().Steer(t.Context(), "ada", registry.Release{Endpoint: "scoring", Model: bad.Model,
		Version: bad.Version, What: release.WantRetry})
	if err != nil {
		t.Fatal(err)
	}
	h.advance(t, again, 1)
	if st := again.Releases(); st.Current == nil || st.Current.To.Version != bad.Version {
		t.Fatalf("%+v", st)
	}
	// And a newer one supersedes it.
	newer := h.train(t, 7)
	follow(t, again)
	if st := again.Releases(); st.Current.To.Version != newer.Version || st.Past[0].Phase != release.Superseded {
		t.Fatalf("%+v", st)
	}
}

func TestACanaryGoesOnAfterTheProcessIsKilled(t *testing.T) {
	h := newSystem(t)
	h.by(canaryOf(agreement(0.5, 20)))
	e := h.replica(t, "")
	follow(t, e)
	next := h.train(t, 6)
	follow(t, e)
	versions(t, e, "/predict", 300)
	compared(t, e, 250)
	h.advance(t, e, 30)
	before := e.Releases()
	counts := e.release.is.Counts()
	// Nothing is closed or saved: the process is gone. Half of a pause is over.
	h.clock.add(24 * time.Hour)
	e = h.replica(t, "")
	follow(t, e)
	after := e.Releases()
	if e.Status().Version != 1 || after.Current == nil || after.Current.Stage != before.Current.Stage ||
		after.Current.Stage != 1 || after.Current.Began != before.Current.Began {
		t.Fatalf("%+v, was %+v", after.Current, before.Current)
	}
	if got := e.release.is.Counts(); got.Compared < counts.Compared-60 || got.Compared == 0 {
		t.Errorf("%+v of %+v observations are left", got, counts)
	}
	if by := versions(t, e, "/predict", 2000); math.Abs(float64(by[next.Version])-200) > 60 {
		t.Errorf("traffic after the restart: %v", by)
	}
	h.advance(t, e, 20)
	if got := e.Releases().Current.Stage; got != 1 {
		t.Errorf("stage %d: the day in which nothing served counts", got)
	}
	h.advance(t, e, 100)
	h.stands(t, e, next.Version, release.Promoted)
}
