package consequence

import (
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestAPinSaysWhatIsServedFromNowOn(t *testing.T) {
	with := func(pins map[string]plan.Pin) *plan.Plan {
		p := base()
		p.Pins = pins
		return p
	}
	one, two := plan.Pin{Version: 1, Model: "sha256:1111111111111111"},
		plan.Pin{Version: 2, Model: "sha256:2222222222222222"}
	other := two
	other.Evidence = "sha256:3"
	pin := func(p plan.Pin) map[string]plan.Pin { return map[string]plan.Pin{"risk": p} }
	for _, c := range []struct {
		before, after map[string]plan.Pin
		effect        Effect
		want          string
	}{
		{nil, pin(one), Added, "pin of risk: serves version 1 (sha256:111111111111) and no other"},
		{pin(one), pin(two), Changed, "pin of risk: serves version 2 (sha256:222222222222), was 1 (sha256:111111111111)"},
		{pin(two), pin(other), Changed, "pin of risk: version 2 is the same model on other evidence"},
		{pin(two), nil, Loosened, "pin of risk: is taken away: not version 2, but the newest that may be is served"},
	} {
		got := compare(with(c.before), with(c.after))
		if len(got) != 1 || got[0].String() != c.want || got[0].Effect != c.effect || got[0].Section != Models {
			t.Errorf("got %+v, want %s", got, c.want)
		}
	}
}
