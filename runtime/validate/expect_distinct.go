package validate

import (
	"context"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

// uniqueCountBetween: how many distinct values there are, none of them missing.
func uniqueCountBetween(rq *request) verdict {
	return rq.distinct(rq.strictInterval(rq.whole), func(_ *Result, distinct, _ int64) (float64, string) {
		return float64(distinct), fmt.Sprintf("%d distinct values", distinct)
	})
}

// uniqueProportionBetween: distinct values by values that are not missing; 0 of
// none.
func uniqueProportionBetween(rq *request) verdict {
	share := func(name string) *float64 {
		v := rq.number(name)
		rq.share(name, 0)
		return v
	}
	return rq.distinct(rq.strictInterval(share), func(_ *Result, distinct, values int64) (float64, string) {
		p := float64(distinct) / float64(max(values, 1))
		return p, fmt.Sprintf("%.4g: %d distinct of %d values", p, distinct, values)
	})
}

// distinct prepares an expectation about the exact number of distinct values.
//
// observe makes a figure of both counts, and its text for people.
func (rq *request) distinct(b interval, observe func(r *Result, distinct, values int64) (float64, string)) verdict {
	c := rq.column()
	count := countOf(rq, c)
	return func(ctx context.Context, s *seen, r *Result) error {
		distinct, values, err := count(ctx, s)
		if err != nil {
			return err
		}
		r.MissingCount = s.rows - values
		v, text := observe(r, distinct, values)
		r.judgeValue(v, text, b, "")
		return nil
	}
}

// countOf asks for a column's distinct values and returns how to count them.
//
// For integers the two tallies are of disjoint sets, so their numbers add up.
func countOf(rq *request, c *columnRef) func(context.Context, *seen) (distinct, values int64, err error) {
	if coded(c.spec) {
		h := rq.countTexts(c.name)
		return func(ctx context.Context, s *seen) (int64, int64, error) { return h.of(s).distinct(ctx) }
	}
	if c.spec.Type == plan.Integer {
		narrow, wide := rq.countIntegers(c.name)
		return func(ctx context.Context, s *seen) (int64, int64, error) {
			a, n, err := narrow.of(s).distinct(ctx)
			b, m, wideErr := wide.of(s).distinct(ctx)
			return a + b, n + m, errors.Join(err, wideErr)
		}
	}
	h := rq.countNumbers(c.name)
	return func(ctx context.Context, s *seen) (int64, int64, error) { return h.of(s).distinct(ctx) }
}

// distinct counts the keys, which reads through all that was spilled; values is
// known without.
func (m *counted[K]) distinct(ctx context.Context) (distinct, values int64, err error) {
	err = m.each(ctx, func(spill.Entry[K]) error { distinct++; return nil })
	return distinct, m.values, err
}
