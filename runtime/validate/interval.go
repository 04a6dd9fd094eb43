package validate

import "fmt"

// interval is min_value and max_value, inclusive unless strict.
type interval struct {
	min, max             *float64
	strictMin, strictMax bool
}

func (b interval) contains(v float64) bool {
	if b.min != nil && !(v > *b.min || v == *b.min && !b.strictMin) {
		return false
	}
	return b.max == nil || v < *b.max || v == *b.max && !b.strictMax
}

// interval reads the bounds with the given reader of a number. At least one
// must be there, and they must be in order.
func (rq *request) interval(read func(name string) *float64) interval {
	b := interval{min: read("min_value"), max: read("max_value")}
	switch {
	case b.min == nil && b.max == nil:
		if rq.expectation.Kwargs["min_value"] == nil && rq.expectation.Kwargs["max_value"] == nil {
			rq.say("min_value and max_value are both missing: want at least one")
		}
	case b.min != nil && b.max != nil && *b.min > *b.max:
		rq.say("min_value %s is more than max_value %s", numberText(*b.min), numberText(*b.max))
	}
	return b
}

// strictInterval reads the bounds and whether they are exclusive.
func (rq *request) strictInterval(read func(name string) *float64) interval {
	b := rq.interval(read)
	b.strictMin, b.strictMax = rq.truth("strict_min", false), rq.truth("strict_max", false)
	return b
}

// bound reads numbers of a column: a timestamp's may be written as text.
func (rq *request) bound(c *columnRef) func(string) *float64 {
	return func(name string) *float64 {
		v, _ := rq.arg(name)
		if f, ok := c.moment(v); ok {
			return &f
		}
		return rq.number(name)
	}
}

// judgeValue says whether an aggregate lies within the interval. One that is
// undefined does not.
func (r *Result) judgeValue(v float64, text string, b interval, undefined string) {
	if v != v {
		r.Reason = undefined
		return
	}
	r.observe(v, text)
	r.Success = b.contains(v)
}

// nothing is the reason why an aggregate over no values fails.
func nothing(c *columnRef) string { return fmt.Sprintf("column %s has no values", c.name) }
