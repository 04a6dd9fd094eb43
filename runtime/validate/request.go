package validate

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// request is one expectation as its definition reads it. Mistakes in arguments
// are collected, not returned, so that all are told at once.
type request struct {
	*prepared
	expectation plan.Expectation
	columns     []string // that the expectation is about
	read        map[string]bool
	problems    []error
}

// prepare finds the definition and lets it read the arguments.
//
// Which arguments are known is learnt from what the definition reads, so that
// there is no second list to keep in step. A mistaken expectation leaves no
// measures behind: the slices and counters are put back, and the keys, a map,
// from a copy.
func (rq *request) prepare(known map[string]definition) (verdict, error) {
	e := rq.expectation
	d, ok := known[e.Expectation]
	if !ok {
		return nil, fmt.Errorf("there is no such expectation; there are %s",
			strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	if e.Severity != "" && e.Severity != "critical" && e.Severity != warning {
		rq.say("severity is %q: want critical or warning", e.Severity)
	}
	rq.read = map[string]bool{}
	before := *rq.prepared
	before.keys = maps.Clone(rq.keys)
	v := d.prepare(rq)
	if e.Column != "" && !slices.Contains(rq.columns, e.Column) {
		rq.say("the expectation takes no column, found %q", e.Column)
	}
	for _, k := range slices.Sorted(maps.Keys(e.Kwargs)) {
		if !rq.read[k] {
			rq.say("there is no argument %q; there are %s", k, strings.Join(slices.Sorted(maps.Keys(rq.read)), ", "))
		}
	}
	if len(rq.problems) > 0 {
		*rq.prepared = before // what a mistaken expectation asked for is not measured
	}
	return v, errors.Join(rq.problems...)
}

// say notes a mistake.
func (rq *request) say(format string, args ...any) {
	rq.problems = append(rq.problems, fmt.Errorf(format, args...))
}

// arg returns an argument; null is as good as none.
func (rq *request) arg(name string) (any, bool) {
	rq.read[name] = true
	v := rq.expectation.Kwargs[name]
	return v, v != nil
}

// want returns an argument of type T; an absent one is not an error, one of
// another type is.
func want[T any](rq *request, name, words string) (T, bool) {
	v, ok := rq.arg(name)
	if !ok {
		var none T
		return none, false
	}
	t, ok := v.(T)
	if !ok {
		rq.say("%s: want %s, found %s", name, words, cut(argumentText(v)))
	}
	return t, ok
}

// need notes that an argument is missing unless it is there.
func (rq *request) need(name string) {
	if _, ok := rq.arg(name); !ok {
		rq.say("%s is missing", name)
	}
}

// number returns a finite number, or nil.
func (rq *request) number(name string) *float64 {
	v, ok := want[float64](rq, name, "a number")
	if !ok {
		return nil
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		rq.say("%s: want a finite number, found %v", name, v)
		return nil
	}
	return &v
}

// whole returns a whole number from 0, or nil.
func (rq *request) whole(name string) *float64 {
	v := rq.number(name)
	if v != nil && (*v < 0 || *v != math.Trunc(*v)) {
		rq.say("%s: want a whole number from 0, found %s", name, numberText(*v))
	}
	return v
}

// share returns a number from 0 to 1, or the default.
func (rq *request) share(name string, otherwise float64) float64 {
	v := rq.number(name)
	if v == nil {
		return otherwise
	}
	if *v < 0 || *v > 1 {
		rq.say("%s: want a number from 0 to 1, found %s", name, numberText(*v))
	}
	return *v
}

func (rq *request) truth(name string, otherwise bool) bool {
	if v, ok := want[bool](rq, name, "true or false"); ok {
		return v
	}
	return otherwise
}

func (rq *request) text(name, otherwise string) string {
	if v, ok := want[string](rq, name, "text"); ok {
		return v
	}
	return otherwise
}

// oneOf returns a text among the choices, the first of which is the default.
func (rq *request) oneOf(name string, choices ...string) string {
	s := rq.text(name, choices[0])
	if !slices.Contains(choices, s) {
		rq.say("%s: want %s, found %q", name, strings.Join(choices, ", "), s)
	}
	return s
}

// names returns a list of texts; nil where the argument is absent.
func (rq *request) names(name string) []string {
	list, ok := want[[]any](rq, name, "a list of names")
	if !ok {
		return nil
	}
	out := []string{}
	for i, v := range list {
		s, ok := v.(string)
		if !ok {
			rq.say("%s[%d]: want a name, found %s", name, i, cut(argumentText(v)))
		}
		out = append(out, s)
	}
	return out
}

// numbers reads a list of finite numbers inside another argument.
//
// Mistaken entries stay in the list, so that it keeps its length for later
// comparisons.
func (rq *request) numbers(where string, v any) []float64 {
	list, ok := v.([]any)
	if !ok {
		rq.say("%s: want a list of numbers, found %s", where, cut(argumentText(v)))
	}
	var out []float64
	for i, x := range list {
		f, ok := x.(float64)
		if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
			rq.say("%s[%d]: want a number, found %s", where, i, cut(argumentText(x)))
		}
		out = append(out, f)
	}
	return out
}

// regexp compiles the argument; it is nil where that fails, and then never
// used.
func (rq *request) regexp(name string) *regexp.Regexp {
	rq.need(name)
	re, err := regexp.Compile(rq.text(name, ""))
	if err != nil {
		rq.say("%s: %v (RE2 has no look-around and no back-references)", name, err)
	}
	return re
}

// column returns the declared column that the expectation is about.
func (rq *request) column() *columnRef { return rq.declared("column", rq.expectation.Column) }

// declared returns a column by its name.
//
// It returns a column even for a name that is not declared, whose type is
// empty: definitions go on and find more mistakes.
func (rq *request) declared(role, name string) *columnRef {
	if _, ok := rq.dataset.Columns[name]; !ok {
		if name == "" {
			rq.say("%s is missing", role)
		} else {
			rq.say("%s %q is not a column of the dataset; its columns are %s", role, name,
				cut(strings.Join(slices.Sorted(maps.Keys(rq.dataset.Columns)), ", ")))
		}
	}
	rq.columns = append(rq.columns, name)
	return rq.ref(name)
}

// numeric returns the expectation's column, which must hold numbers.
func (rq *request) numeric() *columnRef {
	c := rq.column()
	if coded(c.spec) {
		rq.say("column %s is a %s: want a number, integer, boolean or timestamp", c.name, c.spec.Type)
	}
	return c
}

// moment reads a text as the column would, for bounds and sets of timestamps.
func (c *columnRef) moment(v any) (float64, bool) {
	s, ok := v.(string)
	if !ok || c.spec.Type != plan.Timestamp {
		return 0, false
	}
	f, err := dataset.ParseValue(c.spec, s)
	return f, err == nil
}
