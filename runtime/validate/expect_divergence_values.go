package validate

import (
	"context"
	"errors"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// valueShares prepares the shares of values. What is held out for other values
// is shared among as many as there are.
//
// p and q begin with the partition's values in its order; values that it lacks
// follow in the order of their keys. Without any of these nothing is held out.
func (rq *request) valueShares(c *columnRef, m map[string]any, tail float64) func(context.Context, *seen,
	*Result) (p, q []float64, err error) {
	rq.fields(m, "values", "weights")
	weights := rq.weights(m, "weights")[0]
	values, _ := m["values"].([]any)
	if len(values) != len(weights) || len(values) == 0 {
		rq.say("partition_object: want as many weights as values, at least one, found %d and %d",
			len(weights), len(values))
	}
	set := newValueSet()
	for i, v := range values {
		if !set.add(c, v) {
			rq.say("partition_object.values[%d] is %s, which is not a value of column %s of type %s", i,
				cut(argumentText(v)), c.name, c.spec.Type)
		}
	}
	if len(rq.problems) == 0 && len(set.names) != len(values) {
		rq.say("partition_object.values: a value is listed twice")
	}
	each := eachCount(rq, c, set)
	return func(ctx context.Context, s *seen, r *Result) (p, q []float64, err error) {
		p = make([]float64, len(values))
		r.MissingCount = s.rows
		err = each(ctx, s, func(at int, count int64) {
			if r.MissingCount -= count; at >= 0 {
				p[at] = float64(count)
			} else {
				p = append(p, float64(count))
			}
		})
		others := len(p) - len(values)
		for _, w := range weights {
			if others > 0 {
				w *= 1 - tail
			}
			q = append(q, w)
		}
		for range others {
			q = append(q, tail/float64(others))
		}
		return p, q, err
	}
}

// eachCount asks for a column's counts and returns how to go through them: by
// index in the set, or -1 for a value that it lacks.
//
// The set's values are turned into keys once, so that the walk compares keys
// only.
func eachCount(rq *request, c *columnRef, set *valueSet) func(context.Context, *seen, func(at int, count int64)) error {
	if coded(c.spec) {
		keys := map[spill.Text]int{}
		for s, at := range set.texts {
			keys[spill.TextOf([]byte(s))] = at
		}
		return eachKey(rq.countTexts(c.name), keys)
	}
	keys := map[spill.Number]int{}
	for v, at := range set.numbers {
		keys[spill.NumberOf(v)] = at
	}
	if c.spec.Type != plan.Integer {
		return eachKey(rq.countNumbers(c.name), keys)
	}
	digits := map[spill.Text]int{}
	for text, at := range set.wide {
		digits[spill.TextOf([]byte(text))] = at
	}
	narrow, wide := rq.countIntegers(c.name)
	small, large := eachKey(narrow, keys), eachKey(wide, digits)
	return func(ctx context.Context, s *seen, fn func(at int, count int64)) error {
		return errors.Join(small(ctx, s, fn), large(ctx, s, fn))
	}
}

// eachKey goes through the counts of a tally and says for each where in the set
// its key is.
func eachKey[K spill.Key[K]](h handle[*counted[K]], keys map[K]int) func(context.Context,
	*seen, func(int, int64)) error {
	return func(ctx context.Context, s *seen, fn func(int, int64)) error {
		return h.of(s).each(ctx, func(e spill.Entry[K]) error {
			at, ok := keys[e.Key]
			if !ok {
				at = -1
			}
			fn(at, e.Count)
			return nil
		})
	}
}
