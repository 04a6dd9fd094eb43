// Package setting reads an algorithm's hyperparameters and gathers everything
// that is wrong with them, so that a tree learner reports all bad values at
// once and computes with none of them. The loader has already refused unknown
// names; what is left to check is each value's type and range.
package setting

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Reader reads settings and remembers the problems. Absent and nil values give
// the fallback.
type Reader struct {
	params   plan.Params
	problems []error
}

// Read starts reading p.
func Read(p plan.Params) *Reader { return &Reader{params: p} }

// Problem notes a problem with the named setting.
func (r *Reader) Problem(name, want string) {
	r.problems = append(r.problems, fmt.Errorf("parameter %s is %v: want %s", name, r.params[name], want))
}

// Err returns everything that was wrong, or nil.
func (r *Reader) Err() error { return errors.Join(r.problems...) }

// Has says whether the setting is given and not nil.
func (r *Reader) Has(name string) bool { return r.params[name] != nil }

// Null says whether the setting is given as nil, which means "no limit".
func (r *Reader) Null(name string) bool {
	v, ok := r.params[name]
	return ok && v == nil
}

// Int returns a whole number of at least least.
//
// A bad value is noted and returned all the same; the caller asks Err before it
// uses any.
func (r *Reader) Int(name string, otherwise, least int) int {
	v, ok := r.number(name, float64(otherwise))
	if ok && (v != math.Trunc(v) || v < float64(least) || v > math.MaxInt32) {
		r.Problem(name, fmt.Sprintf("a whole number of at least %d", least))
	}
	return int(v)
}

// Float returns a finite number of at least least and at most most.
func (r *Reader) Float(name string, otherwise, least, most float64) float64 {
	v, ok := r.number(name, otherwise)
	if ok && !(v >= least && v <= most) {
		want := fmt.Sprintf("a number from %g to %g", least, most)
		if most == math.MaxFloat64 {
			want = fmt.Sprintf("a number of at least %g", least)
		}
		r.Problem(name, want)
	}
	return v
}

// Count returns a whole number of at least least, or the share of total, rounded
// up, that a number in (0, 1) stands for, as scikit-learn reads such settings.
func (r *Reader) Count(name string, otherwise, least, total int) int {
	v, ok := r.number(name, float64(otherwise))
	if ok && v > 0 && v < 1 {
		return max(least, int(math.Ceil(v*float64(total))))
	}
	return r.Int(name, otherwise, least)
}

// Bool returns a flag.
func (r *Reader) Bool(name string, otherwise bool) bool {
	if r.Has(name) {
		if _, ok := r.params[name].(bool); !ok {
			r.Problem(name, "true or false")
		}
	}
	return r.params.Bool(name, otherwise)
}

// Choice returns a text that is one of the allowed.
func (r *Reader) Choice(name, otherwise string, allowed ...string) string {
	if !r.Has(name) {
		return otherwise
	}
	text, _ := r.params[name].(string)
	for _, a := range allowed {
		if text == a {
			return text
		}
	}
	r.Problem(name, "one of "+strings.Join(allowed, ", "))
	return otherwise
}

// number returns the value and whether it is there to be checked. Settings
// written by Go code may be any kind of number.
func (r *Reader) number(name string, otherwise float64) (float64, bool) {
	switch v := r.params[name].(type) {
	case nil:
		return otherwise, false
	case float64:
		return v, true
	case int:
		return float64(v), true
	default:
		r.Problem(name, "a number")
		return otherwise, false
	}
}
