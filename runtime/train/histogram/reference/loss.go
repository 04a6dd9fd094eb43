package reference

import (
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// Losses returns the log loss of each test row of a classification, where no
// probability is below 2.2e-16.
func (s *Set) Losses(e *model.Ensemble) []float64 {
	out := make([]float64, len(s.TestY))
	for i, y := range s.TestY {
		raw := Raw(e, s.TestX, i)
		if s.Task == plan.Binary {
			// A second class whose score, or probability, mirrors the first's.
			raw = append([]float64{0}, raw...)
			if e.Link == model.Identity {
				raw[0] = 1 - raw[1]
			}
		}
		p := raw[int(y)]
		if e.Link != model.Identity {
			total := 0.0
			for _, v := range raw {
				total += math.Exp(v - raw[int(y)])
			}
			p = 1 / total
		}
		out[i] = -math.Log(max(p, 2.220446049250313e-16))
	}
	return out
}

// LogLoss is the mean of Losses.
func (s *Set) LogLoss(e *model.Ensemble) float64 {
	mean := 0.0
	for i, l := range s.Losses(e) {
		mean += (l - mean) / float64(i+1)
	}
	return mean
}
