package advice

import (
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// steps is the time that a canary spends in its pauses.
type steps struct {
	length  time.Duration
	given   time.Duration // of the length, by the new version's share of the traffic
	endless bool          // a person or an analysis ends one of them
}

// timed adds the pauses up in which the new version has traffic.
func timed(all []plan.Step) steps {
	var out steps
	weight := 0
	for _, s := range all {
		if s.SetWeight != nil {
			weight = *s.SetWeight
		}
		if weight == 0 {
			continue
		}
		d, err := plan.ParseDuration(s.Pause)
		switch {
		case s.Pause == plan.ManualPause:
			out.endless = true
		case s.Pause != "" && err == nil:
			out.length += d
			out.given += d * time.Duration(weight) / 100
		}
	}
	return out
}

// share is what the new version has of the traffic, on average.
func (s steps) share() float64 { return float64(s.given) / float64(s.length) }

// weightAt is the new version's share of the traffic at a step.
func weightAt(all []plan.Step, step int) float64 {
	weight := 0
	for _, s := range all[:min(step, len(all))] {
		if s.SetWeight != nil {
			weight = *s.SetWeight
		}
	}
	return float64(weight) / 100
}
