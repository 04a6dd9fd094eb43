package validate

import (
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// valueSet is the argument value_set as values of a column. A null set, which
// Great Expectations takes for "anything", is nil.
type valueSet struct {
	numbers map[float64]int // to an index among the names
	texts   map[string]int
	wide    map[string]int // integers beyond 2^53, by their digits
	names   []string
}

// valueSet reads the argument. Values must be of the column's type: one that is
// not could never be found. Null among them means nothing.
//
// An argument that is there but null is nil and no mistake; one that is absent
// is a mistake.
func (rq *request) valueSet(c *columnRef) *valueSet {
	list, ok := want[[]any](rq, "value_set", "a list of values")
	if _, there := rq.expectation.Kwargs["value_set"]; !there {
		rq.say("value_set is missing")
	}
	if !ok {
		return nil
	}
	s := newValueSet()
	for i, v := range list {
		if v == nil {
			continue
		}
		if !s.add(c, v) {
			rq.say("value_set[%d] is %s, which is not a value of column %s of type %s", i,
				cut(argumentText(v)), c.name, c.spec.Type)
		}
	}
	return s
}

func newValueSet() *valueSet {
	return &valueSet{numbers: map[float64]int{}, texts: map[string]int{}, wide: map[string]int{}}
}

// add adds a value and reports whether it is one of the column's type.
//
// A value that is listed twice has one index. Names are as they were written,
// for reports.
func (s *valueSet) add(c *columnRef, v any) bool {
	name := argumentText(v)
	if text, ok := v.(string); ok && coded(c.spec) {
		if _, ok := s.texts[text]; !ok {
			s.texts[text] = len(s.names)
			s.names = append(s.names, text)
		}
		return true
	}
	if text, ok := v.(string); ok && c.spec.Type == plan.Integer {
		return s.addInteger(text)
	}
	f, ok := v.(float64)
	if ok && c.spec.Type == plan.Integer && math.Abs(f) > 1<<53 {
		return false // a blueprint's number has lost digits: such an integer is written as text
	}
	switch b, isBool := v.(bool); {
	case coded(c.spec):
		return false
	case isBool:
		if ok = c.spec.Type == plan.Boolean; b {
			f = 1
		}
	case !ok:
		f, ok = c.moment(v)
	}
	if _, had := s.numbers[f]; ok && f == f && !had {
		s.numbers[f] = len(s.names)
		s.names = append(s.names, name)
	}
	return ok && f == f
}

// addInteger adds an integer that is written as text, which keeps all its digits.
func (s *valueSet) addInteger(text string) bool {
	c, err := dataset.ParseInteger(text)
	if err != nil {
		return false
	}
	digits := c.Value(0)
	if v, low := c.Exact(0); low != 0 {
		if _, had := s.wide[digits]; !had {
			s.wide[digits] = len(s.names)
			s.names = append(s.names, digits)
		}
	} else if _, had := s.numbers[v]; !had {
		s.numbers[v] = len(s.names)
		s.names = append(s.names, digits)
	}
	return true
}

// has returns whether a row of a column of numbers is of the set.
func (s *valueSet) has(c *dataset.Column, row int) bool { return s.find(c, row) >= 0 }

// find returns the index of a row's value, or -1.
func (s *valueSet) find(c *dataset.Column, row int) int {
	v, low := c.Exact(row)
	if low != 0 {
		return find(s.wide, c.Value(row))
	}
	return find(s.numbers, v)
}

func (s *valueSet) number(v float64) bool { _, ok := s.numbers[v]; return ok }
func (s *valueSet) text(v string) bool    { _, ok := s.texts[v]; return ok }
