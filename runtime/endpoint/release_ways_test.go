package endpoint

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

func TestABlueGreenReleaseThatFailsItsPreviewNeverHasTraffic(t *testing.T) {
	h := newSystem(t)
	h.by(plan.Strategy{BlueGreen: &plan.BlueGreen{AutoPromotionEnabled: true, PrePromotion: agreement(0.5, 20),
		PostPromotion: agreement(0.5, 20), ScaleDownDelay: "10s"}})
	e := h.replica(t, "")
	follow(t, e)
	bad := h.swapped(t)
	follow(t, e)
	if by := versions(t, e, "/predict", 100); by[1] != 100 {
		t.Errorf("%v", by)
	}
	if by := versions(t, e, "/preview/predict", 200); by[bad.Version] != 200 {
		t.Errorf("the preview is answered by %v", by)
	}
	compared(t, e, 200)
	h.advance(t, e, 1)
	h.stands(t, e, 1, release.Aborted)
	if code, _ := request(t, e, http.MethodPost, "/preview/predict", applicant(1)); code != http.StatusNotFound {
		t.Errorf("a preview is still answered: %d", code)
	}
	good := h.train(t, 6)
	follow(t, e)
	versions(t, e, "/preview/predict", 200)
	compared(t, e, 200)
	h.advance(t, e, 1)
	if by := versions(t, e, "/predict", 200); by[good.Version] != 200 {
		t.Errorf("after the promotion %v", by)
	}
	compared(t, e, 200)
	h.advance(t, e, 13)
	h.stands(t, e, good.Version, release.Promoted)
}

func TestAShadowAnswersNobodyUntilAPersonPromotesIt(t *testing.T) {
	h := newSystem(t)
	h.by(plan.Strategy{Shadow: &plan.Shadow{Queue: 1000}})
	e := h.replica(t, "")
	follow(t, e)
	next := h.train(t, 6)
	follow(t, e)
	if by := versions(t, e, "/predict", 300); by[1] != 300 {
		t.Errorf("%v", by)
	}
	compared(t, e, 300)
	h.advance(t, e, 100)
	want := registry.Release{Endpoint: "scoring", Model: next.Model, Version: next.Version, What: release.WantPromote}
	if err := h.registry.Releases().Steer(t.Context(), "ada", want); err != nil {
		t.Fatal(err)
	}
	h.advance(t, e, 1)
	h.stands(t, e, next.Version, release.Promoted)
	if got := e.Releases().Past[0].By; got != "ada" {
		t.Errorf("by %q", got)
	}
}

func TestARejectedVersionLeavesAtOnceWhateverTheStrategy(t *testing.T) {
	h := newSystem(t)
	h.by(canaryOf(nil))
	e := h.replica(t, "")
	follow(t, e)
	next := h.train(t, 6)
	follow(t, e)
	if _, err := h.registry.Reject(t.Context(), next.Model, next.Version, registry.Decision{By: "grace"}); err != nil {
		t.Fatal(err)
	}
	follow(t, e)
	h.stands(t, e, 1, release.Superseded)
	other := h.train(t, 7)
	follow(t, e)
	if _, err := h.registry.Reject(t.Context(), next.Model, 1, registry.Decision{By: "grace"}); err != nil {
		t.Fatal(err)
	}
	follow(t, e)
	h.stands(t, e, other.Version, release.Superseded)
}

func TestAPersonAbortsARelease(t *testing.T) {
	h := newSystem(t)
	h.by(canaryOf(nil))
	e := h.replica(t, "")
	follow(t, e)
	next := h.train(t, 6)
	follow(t, e)
	want := registry.Release{Endpoint: "scoring", Model: next.Model, Version: next.Version, What: release.WantAbort,
		Reason: "complaints"}
	if err := h.registry.Releases().Steer(t.Context(), "ada", want); err != nil {
		t.Fatal(err)
	}
	h.advance(t, e, 1)
	h.stands(t, e, 1, release.Aborted)
	if past := e.Releases().Past[0]; past.By != "ada" || past.Why != "complaints" {
		t.Errorf("%+v", past)
	}
}

func TestARollbackGoesByTheStrategyToo(t *testing.T) {
	h := newSystem(t)
	e := h.replica(t, "")
	follow(t, e)
	h.train(t, 6)
	follow(t, e)
	h.by(canaryOf(nil))
	first, err := h.registry.Version(t.Context(), "default-risk", 1)
	if err != nil {
		t.Fatal(err)
	}
	h.plan.Pins = map[string]plan.Pin{"default-risk": {Version: 1, Model: first.ModelDigest,
		Data: first.Data.Digest, Plan: first.PlanDigest}}
	e = h.replica(t, "") // as after a change of the pins
	follow(t, e)
	if st := e.Releases(); e.Status().Version != 2 || st.Current == nil || st.Current.To.Version != 1 {
		t.Fatalf("version %d serves, %+v", e.Status().Version, st)
	}
	h.advance(t, e, 130)
	h.stands(t, e, 1, release.Promoted)
}

// Run with -race.
func TestNoRequestFailsWhileVersionsComeAndGo(t *testing.T) {
	h := newSystem(t)
	h.by(canaryOf(agreement(0.9, 20)))
	e := h.replica(t, "")
	follow(t, e)
	stop := make(chan struct{})
	var asked, failed atomic.Int64
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				asked.Add(1)
				if code, answer := request(t, e, http.MethodPost, "/predict", applicant(i)); code != http.StatusOK {
					failed.Add(1)
					t.Errorf("%d %s", code, answer)
				}
			}
		})
	}
	for round := range 2 {
		if round == 1 {
			h.swapped(t)
		} else {
			h.train(t, 6)
		}
		follow(t, e)
		for i := 0; e.Releases().Current != nil && i < 400; i++ {
			h.advance(t, e, 1)
			time.Sleep(5 * time.Millisecond)
		}
		want := []release.Phase{release.Promoted, release.Aborted}[round]
		if st := e.Releases(); st.Current != nil || st.Past[0].Phase != want {
			t.Errorf("round %d: %+v", round, st)
		}
	}
	close(stop)
	clients.Wait()
	if asked.Load() < 500 || failed.Load() > 0 {
		t.Errorf("%d of %d requests failed", failed.Load(), asked.Load())
	}
}
