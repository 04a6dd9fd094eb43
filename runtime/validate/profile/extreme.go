package profile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// extremes are the least and the greatest number that was seen. An integer beyond
// 2^53 is more than its float64: what that is short of it is beside.
type extremes struct {
	min, max       float64
	minLow, maxLow int16
}

// none are the extremes of no number.
func none() extremes { return extremes{min: math.Inf(1), max: math.Inf(-1)} }

// take compares a number exactly. Zeros are one number, so that which of them came
// first makes no difference.
func (e *extremes) take(v float64, low int16) {
	v += 0 // -0 + 0 is +0
	if v < e.min || v == e.min && low < e.minLow {
		e.min, e.minLow = v, low
	}
	if v > e.max || v == e.max && low > e.maxLow {
		e.max, e.maxLow = v, low
	}
}

// join takes the extremes of another's numbers.
func (e *extremes) join(o extremes) {
	if o.min <= o.max { // else it has none
		e.take(o.min, o.minLow)
		e.take(o.max, o.maxLow)
	}
}

// digits writes a number of the type as JSON, an integer with all its digits; ""
// is one that JSON cannot have.
//
// JSON has no infinity, of which json.Marshal returns an error.
func digits(t plan.ColumnType, v float64, low int16) json.Number {
	if t == plan.Integer {
		whole := dataset.Column{Type: t, Floats: []float64{v}, Low: []int16{low}}
		return json.Number(whole.Value(0))
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return json.Number(b)
}

// number reads what digits wrote.
func number(t plan.ColumnType, text json.Number) (v float64, low int16, err error) {
	if t != plan.Integer {
		v, err = strconv.ParseFloat(string(text), 64)
		return v, 0, err
	}
	whole, err := dataset.ParseInteger(string(text))
	if err != nil {
		return 0, 0, fmt.Errorf("%.40q is not an integer of 64 bits", text)
	}
	v, low = whole.Exact(0)
	return v, low, nil
}

// restoreExtremes reads the least and the greatest number of a column that has
// some, which lie in the first and in the last cell.
//
// They are checked against the cells, as edges narrows the outer cells by them:
// values elsewhere would give quantiles outside of the data.
func (s *Sketch) restoreExtremes(c *Column, list []cell) error {
	least, leastLow, err := number(c.Type, c.Min)
	if err != nil {
		return fmt.Errorf("state: min: %w", err)
	}
	greatest, greatestLow, err := number(c.Type, c.Max)
	if err != nil {
		return fmt.Errorf("state: max: %w", err)
	}
	if !s.in(least, list[0]) || !s.in(greatest, list[len(list)-1]) || least > greatest ||
		least == greatest && leastLow > greatestLow {
		return errors.New("state: min and max are not in the cells")
	}
	s.extremes = none()
	s.take(least, leastLow)
	s.take(greatest, greatestLow)
	return nil
}
