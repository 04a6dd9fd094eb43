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
		c.add(Endpoints, "endpoint "+name, RollsOut, what+": "+Strategy(e.Strategy), []string{"endpoints", name})
	}
}

// Strategy is the way of a roll-out in words.
func Strategy(s plan.Strategy) string {
	switch {
	case s.Canary != nil:
		return canary(s.Canary)
	case s.BlueGreen != nil:
		return blueGreen(s.BlueGreen)
	case s.Shadow != nil && s.Shadow.Analysis != nil:
		return "shadow, promoted when it passes " + analysis(s.Shadow.Analysis)
	case s.Shadow != nil:
		return "shadow, promoted by a person"
	case s.AB != nil:
		return ab(s.AB)
	}
	return "rolling update"
}

func canary(c *plan.Canary) string {
	steps := []string{}
	for _, step := range c.Steps {
		switch {
		case step.SetWeight != nil:
			steps = append(steps, fmt.Sprintf("%d %%", *step.SetWeight))
		case step.Analysis != nil:
			steps = append(steps, "judge "+analysis(step.Analysis))
		default:
			steps = append(steps, "pause "+step.Pause)
		}
	}
	out := "canary (" + strings.Join(append(steps, "100 %"), ", ") + ")"
	if c.Analysis != nil {
		out += ", judged by " + analysis(c.Analysis)
	}
	return out
}

func blueGreen(b *plan.BlueGreen) string {
	out := "blue-green, promoted by a person"
	if b.AutoPromotionEnabled {
		out = "blue-green, promoted by itself"
	}
	if b.PrePromotion != nil {
		out += ", before that judged by " + analysis(b.PrePromotion)
	}
	if b.PostPromotion != nil {
		out += ", after that judged by " + analysis(b.PostPromotion)
	}
	if b.ScaleDownDelay != "" {
		out += ", the old version kept for " + b.ScaleDownDelay
	}
	return out
}

func ab(t *plan.AB) string {
	var parts []string
	for _, name := range t.Names() {
		parts = append(parts, fmt.Sprintf("%s %d %%", name, t.Variants[name].Weight))
	}
	return "A/B by " + t.By + " (" + strings.Join(parts, ", ") + ")"
}

// analysis is what a version must show, in the blueprint's words.
func analysis(a *plan.Analysis) string {
	var parts []string
	for _, metric := range slices.Sorted(maps.Keys(a.Metrics)) {
		parts = append(parts, metric+" "+a.Metrics[metric].String())
	}
	return strings.Join(parts, " and ")
}
