package validate

import (
	"context"
	"fmt"
	"math"
	"strings"
)

// medianBetween: the middle value, or the mean of the two in the middle.
//
// Both places in the middle are asked for, which are the same for an odd
// number.
func medianBetween(rq *request) verdict {
	c := rq.numeric()
	b := rq.strictInterval(rq.bound(c))
	h := rq.countNumbers(c.name)
	return func(ctx context.Context, s *seen, r *Result) error {
		m := h.of(s)
		n := m.values
		r.MissingCount = s.rows - n
		if n == 0 {
			r.Reason = nothing(c)
			return nil
		}
		v, err := m.ranks(ctx, []int64{(n - 1) / 2, n / 2})
		if err != nil {
			return err
		}
		median := middle(v[0], v[1])
		r.judgeValue(median, "median "+typedText(c.spec.Type, median), b, "undefined over infinite values")
		return nil
	}
}

// middle is the mean of the two middle values. Their sum is halved, as numpy does,
// to give the same bits; where it would overflow, halves are added.
func middle(a, b float64) float64 {
	if sum := a + b; !math.IsInf(sum, 0) || math.IsInf(a, 0) || math.IsInf(b, 0) {
		return sum / 2
	}
	return a/2 + b/2
}

// quantilesBetween: the value at the nearest rank of each quantile, halves to
// the even rank as numpy rounds, within its range, bounds included. null means
// no bound. Quantiles are exact, so allow_relative_error allows nothing more.
func quantilesBetween(rq *request) verdict {
	c := rq.numeric()
	quantiles, ranges := rq.quantileRanges(c)
	rq.truth("allow_relative_error", false)
	h := rq.countNumbers(c.name)
	return func(ctx context.Context, s *seen, r *Result) error {
		m := h.of(s)
		n := m.values
		r.MissingCount = s.rows - n
		if n == 0 {
			r.Reason = nothing(c)
			return nil
		}
		var at []int64
		for _, q := range quantiles {
			at = append(at, int64(math.RoundToEven(float64(n-1)*q)))
		}
		values, err := m.ranks(ctx, at)
		if err != nil {
			return err
		}
		r.judgeQuantiles(c, quantiles, values, ranges)
		return nil
	}
}

// judgeQuantiles compares each quantile with its range. The values are judged
// as they are; only what goes into JSON is made finite.
func (r *Result) judgeQuantiles(c *columnRef, quantiles, values []float64, ranges []interval) {
	var found, wrong []string
	for i, v := range values {
		if math.IsInf(v, 0) {
			v = math.Copysign(math.MaxFloat64, v) // JSON knows no infinity
		}
		r.ObservedValues = append(r.ObservedValues, v)
		text := fmt.Sprintf("%s: %s", numberText(quantiles[i]), typedText(c.spec.Type, values[i]))
		found = append(found, text)
		if !ranges[i].contains(values[i]) {
			wrong = append(wrong, text)
		}
	}
	r.Observed = strings.Join(found, ", ")
	r.Success = len(wrong) == 0
	r.Reason = lists("outside", wrong)
}

// quantileRanges reads {quantiles: [...], value_ranges: [[low, high], ...]}.
//
// Where there are mistakes the results may differ in length; they are not used
// then, since a request with problems has no verdict.
func (rq *request) quantileRanges(c *columnRef) (quantiles []float64, ranges []interval) {
	rq.need("quantile_ranges")
	m, ok := want[map[string]any](rq, "quantile_ranges", "{quantiles: [...], value_ranges: [[low, high], ...]}")
	if !ok {
		return nil, nil
	}
	for k := range m {
		if k != "quantiles" && k != "value_ranges" {
			rq.say("quantile_ranges: there is no field %q; there are quantiles, value_ranges", k)
		}
	}
	quantiles = rq.numbers("quantile_ranges.quantiles", m["quantiles"])
	for i, q := range quantiles {
		if q < 0 || q > 1 {
			rq.say("quantile_ranges.quantiles[%d]: want a number from 0 to 1, found %s", i, numberText(q))
		}
	}
	list, _ := m["value_ranges"].([]any)
	if len(list) != len(quantiles) || len(list) == 0 {
		rq.say("quantile_ranges: want as many value_ranges as quantiles, at least one, found %d and %d",
			len(list), len(quantiles))
	}
	for i, v := range list {
		ranges = append(ranges, rq.valueRange(c, fmt.Sprintf("quantile_ranges.value_ranges[%d]", i), v))
	}
	return quantiles, ranges
}

// valueRange reads one [low, high]; null is no bound, and a timestamp's bounds
// may be texts.
func (rq *request) valueRange(c *columnRef, where string, v any) interval {
	pair, _ := v.([]any)
	if len(pair) != 2 {
		rq.say("%s: want [low, high], found %s", where, cut(argumentText(v)))
		return interval{}
	}
	var bounds [2]*float64
	for i, x := range pair {
		f, ok := x.(float64)
		if !ok {
			f, ok = c.moment(x)
		}
		switch {
		case ok && f == f:
			bounds[i] = &f
		case x != nil:
			rq.say("%s[%d]: want a number or null, found %s", where, i, cut(argumentText(x)))
		}
	}
	if bounds[0] != nil && bounds[1] != nil && *bounds[0] > *bounds[1] {
		rq.say("%s: %s is more than %s", where, numberText(*bounds[0]), numberText(*bounds[1]))
	}
	return interval{min: bounds[0], max: bounds[1]}
}
