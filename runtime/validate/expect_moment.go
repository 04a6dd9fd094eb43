package validate

import (
	"context"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
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
//
// The mean is written in the column's type, so that a mean of timestamps is a
// time; sum and deviation are numbers.
func (rq *request) momentBetween(c *columnRef, name string, statistic func(*moments) float64,
	bound func(string) *float64, least int64) verdict {
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
	return rq.extremeBetween("min", func(m *extremes) (float64, int16) { return m.min, m.minLow })
}

func maxBetween(rq *request) verdict {
	return rq.extremeBetween("max", func(m *extremes) (float64, int16) { return m.max, m.maxLow })
}

// extremeBetween prepares an expectation about the least or greatest value,
// exact in all digits of an integer. judgeValue compares the float64, which may
// be equal to a bound where the integers differ; so its verdict is replaced by
// one on the exact value.
func (rq *request) extremeBetween(name string, of func(*extremes) (float64, int16)) verdict {
	c := rq.numeric()
	b := rq.exactInterval(c)
	h := rq.extremes(c.name)
	return func(_ context.Context, s *seen, r *Result) error {
		m := h.of(s)
		r.MissingCount = s.rows - m.values
		v, low := of(m)
		text := typedText(c.spec.Type, v)
		if low != 0 {
			whole := dataset.Column{Type: plan.Integer, Floats: []float64{v}, Low: []int16{low}}
			text = whole.Value(0)
		}
		r.judgeValue(v, name+" "+text, b, nothing(c))
		if m.values > 0 {
			r.Success = b.holds(v, low)
		}
		return nil
	}
}
