package validate

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// interval is min_value and max_value, inclusive unless strict.
type interval struct {
	min, max             *float64
	minLow, maxLow       int16 // what the bounds are short of integers beyond 2^53
	strictMin, strictMax bool
}

// holds is contains for an integer of which the float64 is short by low.
func (b interval) holds(v float64, low int16) bool {
	if b.min != nil {
		if c := cmp.Or(cmp.Compare(v, *b.min), cmp.Compare(low, b.minLow)); c < 0 || c == 0 && b.strictMin {
			return false
		}
	}
	if b.max != nil {
		if c := cmp.Or(cmp.Compare(v, *b.max), cmp.Compare(low, b.maxLow)); c > 0 || c == 0 && b.strictMax {
			return false
		}
	}
	return true
}

// contains reports whether a value lies within. NaN lies within no bound.
func (b interval) contains(v float64) bool {
	if b.min != nil && !(v > *b.min || v == *b.min && !b.strictMin) {
		return false
	}
	return b.max == nil || v < *b.max || v == *b.max && !b.strictMax
}

// interval reads the bounds with the given reader of a number. At least one
// must be there, and they must be in order.
//
// Both missing is not told again where one was there but mistaken: that was
// said already.
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

// exactInterval is strictInterval for a column's own values. Bounds of integers
// may be written as text, which keeps all digits; beyond 2^53 they must be.
//
// A number in the blueprint is a float64 when it arrives here, so digits beyond
// 2^53 may be lost already without a trace; a text keeps them.
func (rq *request) exactInterval(c *columnRef) interval {
	if c.spec.Type != plan.Integer {
		return rq.strictInterval(rq.bound(c))
	}
	low := map[string]int16{}
	b := rq.strictInterval(func(name string) *float64 {
		v, _ := rq.arg(name)
		if text, ok := v.(string); ok {
			if whole, err := dataset.ParseInteger(text); err == nil {
				f, short := whole.Exact(0)
				low[name] = short
				return &f
			}
		}
		f := rq.number(name)
		if f != nil && math.Abs(*f) > 1<<53 && !roundWhole(*f) {
			rq.say("%s: a number of more than 2^53 may have lost digits; write it as text, such as \"9007199254740993\"", name)
		}
		return f
	})
	b.minLow, b.maxLow = low["min_value"], low["max_value"]
	return b
}

// roundWhole reports whether a number beyond 2^53 is what was written: one of at
// most 15 digits before its zeros, such as 1e18, that its float64 is equal to. One
// that no integer of 64 bits reaches is as good.
func roundWhole(f float64) bool {
	if math.Abs(f) >= 1<<64 {
		return true
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	whole, err := dataset.ParseInteger(text)
	if err != nil || len(strings.Trim(text, "-0")) > 15 {
		return false
	}
	_, low := whole.Exact(0)
	return low == 0
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
