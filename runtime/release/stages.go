package release

import (
	"fmt"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Stage is one part of a release: where the new version stands during it, and what
// has to happen before the next.
type Stage struct {
	Name    string
	Weight  int  // percent of the traffic that the new version has
	Preview bool // it answers at the preview's address
	Shadow  bool // it is asked whatever the version before answers

	Pause    time.Duration    // how long the stage lasts at least
	Manual   bool             // a person ends it
	Analyses []*plan.Analysis // none of which may fail, ever
	Pass     bool             // the stage lasts until they all pass
	Fresh    bool             // only what is observed from its beginning on counts
}

// sameplace reports whether the new version stands as in the other stage.
func (s Stage) sameplace(o Stage) bool {
	return s.Weight == o.Weight && s.Preview == o.Preview && s.Shadow == o.Shadow && !o.Fresh
}

// Stages are those of a strategy, in order; none where a version replaces another
// at once, and for ab, whose variants stand beside each other for good.
//
// A pause ends when its time is over and the strategy's own analysis passes. What
// is inconclusive waits, and after the last step too.
func Stages(s plan.Strategy) ([]Stage, error) {
	switch {
	case s.Canary != nil:
		return canary(*s.Canary)
	case s.BlueGreen != nil:
		return blueGreen(*s.BlueGreen)
	case s.Shadow != nil:
		a := present(s.Shadow.Analysis)
		return []Stage{{Name: "shadow", Shadow: true, Analyses: a, Pass: true, Manual: len(a) == 0}}, nil
	}
	return nil, nil
}

func present(all ...*plan.Analysis) (out []*plan.Analysis) {
	for _, a := range all {
		if a != nil {
			out = append(out, a)
		}
	}
	return out
}

func canary(c plan.Canary) ([]Stage, error) {
	var out []Stage
	weight := 0
	for i, step := range c.Steps {
		st := Stage{Name: "pause", Analyses: present(step.Analysis, c.Analysis), Pass: step.Analysis != nil}
		switch {
		case step.SetWeight != nil:
			weight = *step.SetWeight
			st.Name = fmt.Sprintf("setWeight %d", weight)
		case step.Pause == plan.ManualPause:
			st.Name, st.Manual, st.Pass = "pause manual", true, true
		case step.Pause != "":
			d, err := plan.ParseDuration(step.Pause)
			if err != nil {
				return nil, fmt.Errorf("strategy canary: step %d: pause: %w", i+1, err)
			}
			st.Name, st.Pause, st.Pass = "pause "+step.Pause, d, true
		case step.Analysis != nil:
			st.Name = "analysis"
		}
		st.Weight = weight
		out = append(out, st)
	}
	if c.Analysis != nil {
		out = append(out, Stage{Name: "analysis of all", Weight: weight, Analyses: present(c.Analysis), Pass: true})
	}
	return out, nil
}

func blueGreen(b plan.BlueGreen) ([]Stage, error) {
	delay := b.ScaleDownDelay
	if delay == "" {
		delay = plan.DefaultScaleDownDelay
	}
	d, err := plan.ParseDuration(delay)
	if err != nil {
		return nil, fmt.Errorf("strategy blueGreen: scaleDownDelay: %w", err)
	}
	return []Stage{
		{Name: "prePromotion", Preview: true, Analyses: present(b.PrePromotion), Pass: true,
			Manual: !b.AutoPromotionEnabled},
		{Name: "postPromotion", Weight: 100, Analyses: present(b.PostPromotion), Pass: true, Fresh: true},
		{Name: "scaleDownDelay " + delay, Weight: 100, Pause: d},
	}, nil
}
