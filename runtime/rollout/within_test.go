package rollout

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/judge/peers"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

// pods are what a test says that the pods of the endpoint have counted.
type pods struct {
	t   *testing.T
	all []string
}

func (p *pods) urls(context.Context, string) ([]string, error) { return p.all, nil }

// counts has one pod say that of so many requests to a version so many agree.
func (p *pods) counts(instance, variant, digest string, requests, agreed int64) {
	p.serve(peers.Tell(func() peers.Beside {
		return peers.Beside{Instance: instance, Versions: map[string]judge.Counted{variant: {Digest: digest,
			Observations: &judge.Observations{Champion: judge.Counts{Requests: requests},
				Challenger: judge.Counts{Requests: requests}, Pairs: judge.Pairs{Compared: requests, Agreed: agreed}}}}}
	}))
}

// broken is a pod that cannot say anything.
func (p *pods) broken() {
	p.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
}

func (p *pods) serve(h http.Handler) {
	s := httptest.NewServer(h)
	p.t.Cleanup(s.Close)
	p.all = append(p.all, s.URL)
}

// by gives the endpoint the strategy.
func (w *world) by(s plan.Strategy) {
	e := w.plan.Endpoints["scoring"]
	e.Strategy = s
	w.plan.Endpoints["scoring"] = e
	w.restart()
}

// settle has the cluster start the pods that are wanted, and the releaser see it.
func (w *world) settle() {
	w.t.Helper()
	w.follow()
	w.api.tick(5)
	w.follow()
}

// judged lets the time pass after which pods are asked, in a process of its own.
func (w *world) judged() {
	w.t.Helper()
	w.restart()
	w.follow()
	w.now = w.now.Add(askEvery)
	w.follow()
}

// stand checks which version pods have, and which beside it.
func (w *world) stand(digest string, within endpoint.Within) {
	w.t.Helper()
	w.api.mu.Lock()
	defer w.api.mu.Unlock()
	if w.api.digest != digest || w.api.within != within.String() {
		w.t.Fatalf("pods have %q and %q, want %q and %q", w.api.digest, w.api.within, digest, within)
	}
}

func agreeing() *plan.Analysis {
	return &plan.Analysis{Confidence: 0.95, MinRequests: 100,
		Metrics: map[string]plan.Predicate{plan.Agreement: {{Op: plan.GreaterEqual, Value: 0.9}}}}
}

func TestAShadowIsJudgedByWhatAllPodsHaveCounted(t *testing.T) {
	w := newWorld(t)
	w.by(plan.Strategy{Shadow: &plan.Shadow{Analysis: agreeing(), Queue: 10}})
	first := w.train(3)
	w.settle()
	w.stand(first.ModelDigest, nil)
	second := w.train(4)
	w.settle()
	w.stand(first.ModelDigest, endpoint.Within{endpoint.Next: second.ModelDigest})
	if w.served("scoring") != 1 || w.served(endpoint.Slot("scoring")) != 0 {
		t.Errorf("the registry says that a shadow has traffic")
	}
	w.pods.counts("a", endpoint.Next, second.ModelDigest, 2000, 1990)
	w.pods.broken()
	w.judged()
	if c := w.state().Current; c == nil || !strings.Contains(c.Why, "1 of 2 pods did not say") {
		t.Fatalf("with a pod that says nothing: %+v", c)
	}
	// The pod that has counted is gone; what it counted counts.
	w.pods.all = nil
	w.pods.counts("b", endpoint.Next, second.ModelDigest, 10, 10)
	w.judged()
	st := w.state()
	if st.Current != nil || st.Stable.Version != second.Version || st.Past[0].Phase != release.Promoted {
		t.Fatalf("%+v", st)
	}
	if n := st.Past[0].Steps[0].Verdicts[0].Requests; n != 2010 {
		t.Errorf("it was judged by %d requests, want 2010", n)
	}
	w.settle()
	w.stand(second.ModelDigest, nil)
	if w.served("scoring") != second.Version {
		t.Errorf("the registry says that %d is served", w.served("scoring"))
	}
}

func TestAShadowThatFailsIsTakenAwayAndNotTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.by(plan.Strategy{Shadow: &plan.Shadow{Analysis: agreeing(), Queue: 10}})
	first := w.train(3)
	w.settle()
	bad := w.train(4)
	w.settle()
	w.pods.counts("a", endpoint.Next, bad.ModelDigest, 2000, 400)
	w.judged()
	w.settle()
	w.settle()
	w.stand(first.ModelDigest, nil)
	st := w.state()
	if len(st.Refused) != 1 || st.Current != nil || st.Stable.Version != first.Version {
		t.Fatalf("%+v", st)
	}
	// A person has it tried again, with counts of its own.
	want := registry.Release{Endpoint: "scoring", Model: bad.Model, Version: bad.Version, What: release.WantRetry}
	if err := w.registry.Releases().Steer(t.Context(), "ada", want); err != nil {
		t.Fatal(err)
	}
	w.pods.all = nil
	w.settle()
	w.settle()
	w.stand(first.ModelDigest, endpoint.Within{endpoint.Next: bad.ModelDigest})
	want.What = release.WantPromote
	if err := w.registry.Releases().Steer(t.Context(), "ada", want); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.settle()
	w.stand(bad.ModelDigest, nil)
	if past := w.state().Past[0]; past.By != "ada" || past.Phase != release.Promoted {
		t.Errorf("%+v", past)
	}
}

func TestAShadowThatIsRejectedIsTakenAway(t *testing.T) {
	w := newWorld(t)
	w.by(plan.Strategy{Shadow: &plan.Shadow{Queue: 10}})
	first := w.train(3)
	w.settle()
	second := w.train(4)
	w.settle()
	no := registry.Decision{By: "ada", Comment: "no"}
	if _, err := w.registry.Reject(t.Context(), second.Model, second.Version, no); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.stand(first.ModelDigest, nil)
	if past := w.state().Past; len(past) != 1 || past[0].Phase != release.Superseded {
		t.Errorf("%+v", past)
	}
	if _, err := w.registry.Reject(t.Context(), first.Model, first.Version, no); err != nil {
		t.Fatal(err)
	}
	w.settle() // pods say themselves that nothing may be served
	w.stand(first.ModelDigest, nil)
}

func TestEveryPodHasAllVariantsAndOneThatFailsIsClosed(t *testing.T) {
	w := newWorld(t)
	w.by(plan.Strategy{AB: &plan.AB{By: "header:X-User", Analysis: agreeing(), Variants: map[string]plan.Variant{
		"a-control": {Weight: 50, Version: 1}, "b-newest": {Weight: 50}}}})
	first := w.train(3)
	second := w.train(4)
	w.settle()
	w.stand(first.ModelDigest, endpoint.Within{"b-newest": second.ModelDigest})
	if a, b := w.served("scoring"), w.served("scoring/b-newest"); a != 1 || b != 2 {
		t.Errorf("the registry says that %d and %d are served", a, b)
	}
	w.pods.counts("a", "b-newest", second.ModelDigest, 2000, 1999)
	w.judged()
	w.stand(first.ModelDigest, endpoint.Within{"b-newest": second.ModelDigest})
	w.pods.all = nil
	w.pods.counts("b", "b-newest", second.ModelDigest, 8000, 1000)
	w.judged()
	w.settle()
	w.stand(first.ModelDigest, endpoint.Within{"b-newest": ""})
	if n := w.served("scoring/b-newest"); n != 0 {
		t.Errorf("the registry says that version %d is served by a variant that is closed", n)
	}
	if st := w.state(); len(st.Refused) != 1 || !strings.Contains(st.Refused[0].Why, "variant b-newest") {
		t.Errorf("%+v", st)
	}
	third := w.train(5)
	w.settle()
	w.stand(first.ModelDigest, endpoint.Within{"b-newest": third.ModelDigest})
}

// TestCountsOfManyPodsAreBounded, and none of those that are gone is lost.
func TestCountsOfManyPodsAreBounded(t *testing.T) {
	g := &gathered{}
	of := endpoint.Within{endpoint.Next: "sha256:new"}
	const n = 2*maxInstances + 7
	for i := range n {
		g.take([]peers.Beside{{Instance: fmt.Sprint(i), Versions: map[string]judge.Counted{endpoint.Next: {
			Digest: "sha256:new", Observations: &judge.Observations{Challenger: judge.Counts{Requests: 1}}}}}}, of)
	}
	sum := &observations{sums: map[string]*judge.Observations{}}
	g.sum(sum, nil)
	if got := sum.sums[endpoint.Next].Challenger.Requests; got != n || len(g.Instances) > maxInstances {
		t.Errorf("%d requests of %d, %d instances", got, n, len(g.Instances))
	}
	of[endpoint.Next] = "sha256:newer"
	if g.take(nil, of); len(g.Instances) != 0 || len(g.Gone) != 0 {
		t.Errorf("counts of another version are kept: %+v", g)
	}
}

// TestAnotherAssignmentThanOursIsReplaced: whoever writes nonsense beside the digest
// stops no release.
func TestAnotherAssignmentThanOursIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.by(plan.Strategy{Shadow: &plan.Shadow{Queue: 10}})
	first := w.train(3)
	w.settle()
	second := w.train(4)
	w.settle()
	w.api.mu.Lock()
	w.api.within = "{nonsense"
	w.api.mu.Unlock()
	w.settle()
	w.stand(first.ModelDigest, endpoint.Within{endpoint.Next: second.ModelDigest})
}
