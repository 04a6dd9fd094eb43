package consequence

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// rollouts says which endpoints get other pods, now or once a new version is
// approved, and in which steps.
// New endpoints have said so already, and removed ones have no pods.
func (c *comparer) rollouts() {
	for _, name := range slices.Sorted(maps.Keys(c.head.Plan.Endpoints)) {
		e := c.head.Plan.Endpoints[name]
		_, served := c.before().Endpoints[name]
		var what string
		switch {
		case !served:
			continue
		case c.touched[name] && c.retrain[e.Model]:
			what = fmt.Sprintf("the change, and the next approved version of %s, roll out", e.Model)
		case c.touched[name]:
			what = "the change rolls out"
		case c.retrain[e.Model]:
			what = fmt.Sprintf("the next approved version of %s rolls out", e.Model)
		default:
			continue
		}
		c.add(Endpoints, "endpoint "+name, RollsOut, what+": "+strategy(e.Strategy), []string{"endpoints", name})
	}
}

// strategy is the way of a roll-out in words.
func strategy(s plan.Strategy) string {
	switch {
	case s.Canary != nil:
		steps := []string{}
		for _, step := range s.Canary.Steps {
			if step.SetWeight != nil {
				steps = append(steps, fmt.Sprintf("%d %%", *step.SetWeight))
				continue
			}
			steps = append(steps, "pause "+step.Pause)
		}
		return "canary (" + strings.Join(append(steps, "100 %"), ", ") + ")"
	case s.BlueGreen != nil && s.BlueGreen.AutoPromotionEnabled:
		return "blue-green, promoted by itself"
	case s.BlueGreen != nil:
		return "blue-green, promoted by a person"
	}
	return "rolling update"
}
