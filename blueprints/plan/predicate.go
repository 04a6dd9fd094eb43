package plan

import (
	"math"
	"strconv"
	"strings"
)

// Op compares a measured value with a bound.
type Op string

// The operators a CUE bound lowers to.
const (
	GreaterEqual Op = ">="
	Greater      Op = ">"
	LessEqual    Op = "<="
	Less         Op = "<"
	Equal        Op = "=="
	NotEqual     Op = "!="
)

// Bound is one comparison.
type Bound struct {
	Op    Op      `json:"op"`
	Value float64 `json:"value"`
}

// Predicate holds when every bound holds. It is what a CUE constraint such as
// `>=0.80 & <1` lowers to; an empty one holds of every number.
type Predicate []Bound

// Holds reports whether v satisfies the bound. NaN satisfies none.
func (b Bound) Holds(v float64) bool {
	if math.IsNaN(v) {
		return false
	}
	switch b.Op {
	case GreaterEqual:
		return v >= b.Value
	case Greater:
		return v > b.Value
	case LessEqual:
		return v <= b.Value
	case Less:
		return v < b.Value
	case Equal:
		return v == b.Value
	case NotEqual:
		return v != b.Value
	}
	return false
}

// Holds reports whether v satisfies every bound. NaN satisfies no predicate,
// the empty one included: a metric that could not be computed passes no gate.
func (p Predicate) Holds(v float64) bool {
	if math.IsNaN(v) {
		return false
	}
	for _, b := range p {
		if !b.Holds(v) {
			return false
		}
	}
	return true
}

// String writes the predicate as CUE does: ">=0.8 & <1".
func (p Predicate) String() string {
	parts := make([]string, len(p))
	for i, b := range p {
		op := string(b.Op)
		if b.Op == Equal {
			op = ""
		}
		parts[i] = op + strconv.FormatFloat(b.Value, 'g', -1, 64)
	}
	return strings.Join(parts, " & ")
}
