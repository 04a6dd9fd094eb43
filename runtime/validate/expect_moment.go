package validate

import (
	"context"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// The mean, the standard deviation (ddof 1) and the sum are exact sums rounded
// once. Over nothing they are undefined and fail.

func meanBetween(rq *request) verdict {
	c := rq.numeric()
	return rq.momentBetween(c, "mean", (*moments).Mean, rq.bound(c), 1)
}

func sumBetween(rq *request) verdict {
	return rq.momentBetween(rq.numeric(), "sum", (*moments).Sum, rq.number, 1)
}

func stdevBetween(rq *request) verdict {
	return rq.momentBetween(rq.numeric(), "stdev", (*moments).Stdev, rq.number, 2)
}

// momentBetween prepares an expectation about a statistic of at least so many
// values.
func (rq *request) momentBetween(c *columnRef, name string, statistic func(*moments) float64, bound func(string) *float64, least int64) verdict {
	b := rq.strictInterval(bound)
	h := rq.moments(c.name)
	return func(_ context.Context, s *seen, r *Result) error {
		m := h.of(s)
		r.MissingCount = s.rows - m.Count()
		switch {
		case m.Count() == 0:
			r.Reason = nothing(c)
		case m.Count() < least:
			r.Reason = "one value has no standard deviation"
		default:
			v, t := statistic(m), plan.Number
			if name == "mean" {
				t = c.spec.Type
			}
			r.judgeValue(v, name+" "+typedText(t, v), b, "undefined over infinite values")
		}
		return nil
	}
}

func minBetween(rq *request) verdict {
	return rq.extremeBetween("min", func(m *extremes) float64 { return m.min })
}

func maxBetween(rq *request) verdict {
	return rq.extremeBetween("max", func(m *extremes) float64 { return m.max })
}

func (rq *request) extremeBetween(name string, of func(*extremes) float64) verdict {
	c := rq.numeric()
	b := rq.strictInterval(rq.bound(c))
	h := rq.extremes(c.name)
	return func(_ context.Context, s *seen, r *Result) error {
		m := h.of(s)
		r.MissingCount = s.rows - m.values
		v := of(m)
		r.judgeValue(v, name+" "+typedText(c.spec.Type, v), b, nothing(c))
		return nil
	}
}
