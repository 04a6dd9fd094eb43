package endpoint

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/assign"
)

// split divides the traffic by the column Income.
func split(a *plan.Analysis) plan.Strategy {
	return plan.Strategy{AB: &plan.AB{By: "Income", Seed: "seed", Analysis: a, Variants: map[string]plan.Variant{
		"a-control": {Weight: 50, Version: 1}, "b-newest": {Weight: 50}}}}
}

// answers asks applicants 0 to n-1, and returns the version that answered each.
func answers(t *testing.T, e *Endpoint, n int) []int {
	t.Helper()
	var out []int
	for i := range n {
		code, answer := request(t, e, http.MethodPost, "/predict", applicant(i))
		var a struct{ Version int }
		if err := json.Unmarshal([]byte(answer), &a); code != http.StatusOK || err != nil {
			t.Fatalf("%d %s", code, answer)
		}
		out = append(out, a.Version)
	}
	return out
}

func TestVariantsAreGivenByTheColumnAndStay(t *testing.T) {
	h := newSystem(t)
	h.by(split(nil))
	second := h.train(t, 6)
	e := h.replica(t, "")
	follow(t, e)
	want := func(version int) []int {
		var out []int
		for i := range 300 {
			v := 1
			if assign.Bucket("seed", fmt.Sprint(50+i%300)) >= 0.5 {
				v = version
			}
			out = append(out, v)
		}
		return out
	}
	if got := answers(t, e, 300); fmt.Sprint(got) != fmt.Sprint(want(second.Version)) {
		t.Errorf("%v", got)
	}
	if got := answers(t, h.again(t), 300); fmt.Sprint(got) != fmt.Sprint(want(second.Version)) {
		t.Errorf("another process assigns otherwise: %v", got)
	}
	third := h.train(t, 7)
	follow(t, e)
	if got := answers(t, e, 300); fmt.Sprint(got) != fmt.Sprint(want(third.Version)) {
		t.Errorf("with a newer version: %v", got)
	}
	h.clock.add(1)
	served, err := h.registry.ServedAt(t.Context(), "", h.clock.Now())
	if err != nil || len(served) != 2 || served[1].Endpoint != "scoring/b-newest" || served[1].Version != third.Version {
		t.Errorf("%+v, %v", served, err)
	}
}

// again is the endpoint in another process.
func (h *system) again(t *testing.T) *Endpoint {
	e := h.replica(t, "")
	follow(t, e)
	return e
}

func TestAVariantThatFailsGivesItsTrafficToTheFirst(t *testing.T) {
	h := newSystem(t)
	h.by(split(agreement(0.5, 20)))
	bad := h.swapped(t)
	e := h.again(t)
	answers(t, e, 300)
	v := e.release.variants["b-newest"]
	if v == nil || v.version.Version != bad.Version {
		t.Fatalf("%+v", v)
	}
	e.release.is = v.tally
	compared(t, e, 100)
	if changed, err := e.Advance(t.Context()); err != nil || !changed {
		t.Fatalf("%t, %v", changed, err)
	}
	for _, e := range []*Endpoint{e, h.again(t)} { // and it stays so
		for _, got := range answers(t, e, 100) {
			if got != 1 {
				t.Fatalf("version %d still answers", got)
			}
		}
	}
	if st := e.Releases(); len(st.Refused) != 1 || !strings.Contains(st.Refused[0].Why, "b-newest") {
		t.Errorf("%+v", st)
	}
	good := h.train(t, 6)
	follow(t, e)
	if got := fmt.Sprint(answers(t, e, 100)); !strings.Contains(got, fmt.Sprint(good.Version)) {
		t.Errorf("a newer version has no traffic: %s", got)
	}
}
