package rollout

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

// TestACanaryNeedsNoRouter: pods divide the requests themselves, and the registry hears
// of each weight first.
func TestACanaryNeedsNoRouter(t *testing.T) {
	w := newWorld(t)
	ten, half := 10, 50
	w.by(plan.Strategy{Canary: &plan.Canary{Analysis: agreeing(),
		Steps: []plan.Step{{SetWeight: &ten}, {Pause: "15s"}, {SetWeight: &half}, {Pause: plan.ManualPause}}}})
	first := w.train(3)
	w.settle()
	second := w.train(4)
	w.settle()
	w.stand(first.ModelDigest, endpoint.Within{endpoint.Next: second.ModelDigest})
	w.pods.counts("a", endpoint.Next, second.ModelDigest, 2000, 1990)
	w.judged()
	if c := w.state().Current; c == nil || c.Steps[c.Stage].Weight != ten || w.served(endpoint.Slot("scoring")) != 2 {
		t.Fatalf("%+v, the registry says %d beside", c, w.served(endpoint.Slot("scoring")))
	}
	w.judged()
	w.judged()
	w.judged()
	c := w.state().Current
	if c == nil || c.Steps[c.Stage].Weight != half || c.Phase != release.Waiting || w.served("scoring") != 1 {
		t.Fatalf("%+v", c)
	}
	w.pods.all = nil
	w.pods.counts("a", endpoint.Next, second.ModelDigest, 4000, 400) // it has become bad
	w.judged()
	st := w.state()
	if st.Current != nil || st.Past[0].Phase != release.Aborted || !strings.Contains(st.Past[0].Why, "agreement") {
		t.Fatalf("%+v", st)
	}
	w.settle()
	w.stand(first.ModelDigest, nil)
	if w.served("scoring") != 1 || w.served(endpoint.Slot("scoring")) != 0 {
		t.Error("the registry says that the version is still served")
	}
}

// TestWhatIsSeenBeforeAVersionHasTheTrafficSaysNothingOfItAfterwards: the preview's
// counts are not those of the traffic, though the same processes have counted both.
func TestWhatIsSeenBeforeAVersionHasTheTrafficSaysNothingOfItAfterwards(t *testing.T) {
	w := newWorld(t)
	w.by(plan.Strategy{BlueGreen: &plan.BlueGreen{AutoPromotionEnabled: true, PrePromotion: agreeing(),
		PostPromotion: agreeing(), ScaleDownDelay: "1s"}})
	first := w.train(3)
	w.settle()
	second := w.train(4)
	w.settle()
	w.pods.counts("a", endpoint.Next, second.ModelDigest, 2000, 2000)
	w.judged() // passes: all of the traffic moves
	if c := w.state().Current; c == nil || c.Stage != 1 || w.served("scoring") != 2 {
		t.Fatalf("%+v, the registry says %d", c, w.served("scoring"))
	}
	w.judged()
	if c := w.state().Current; c == nil || c.Stage != 1 || !strings.Contains(c.Why, "0 of 100 requests") {
		t.Fatalf("%+v", c)
	}
	w.pods.all = nil
	w.pods.counts("a", endpoint.Next, second.ModelDigest, 2400, 2000) // the 400 since are all wrong
	w.judged()
	if st := w.state(); st.Current != nil || st.Past[0].Phase != release.Aborted || w.served("scoring") != 1 {
		t.Fatalf("%+v", st)
	}
	w.settle()
	w.stand(first.ModelDigest, nil)
}
