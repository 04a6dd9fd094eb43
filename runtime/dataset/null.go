package dataset

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
)

// Nulls says which texts and values of a column mean that the value is missing.
// It is one rule for files and requests. The zero value takes nothing for
// missing. It is not modified after NewNulls and may be shared.
//
// A text of a category or text column is missing where it is one of the null
// texts, byte for byte. In a column of any other type the space around a text
// does not count, and a null text that is written as a number or a time stands
// for the value: -999 is missing as -999.0 is. Digits after a leading zero, such
// as 000, are a code and stand for that text alone.
type Nulls struct {
	kind    plan.ColumnType
	texts   []string
	empty   bool
	longest int
	// values are what the texts stand for in a column of numbers or timestamps.
	values []exact
	// near are all numbers that any of the texts reads as: a number that is none
	// of them needs no second look.
	near []float64
}

// exact is a value as Column holds it: Floats and Low.
type exact struct {
	value float64
	low   int16
}

// NewNulls returns the nulls of a column of the type.
//
// texts is kept and must not change after it.
func NewNulls(texts []string, t plan.ColumnType) Nulls {
	n := Nulls{kind: t, texts: texts}
	for _, s := range texts {
		n.empty = n.empty || s == ""
		n.longest = max(n.longest, len(s))
		if t != plan.Number && t != plan.Integer && t != plan.Timestamp {
			continue
		}
		b := bytes.TrimSpace([]byte(s))
		v, low, ok := literal.ParseExact(t, b)
		if !ok {
			continue
		}
		n.near = append(n.near, v)
		if t == plan.Timestamp || plainNumber(b) {
			n.values = append(n.values, exact{v, low})
		}
	}
	return n
}

// plainNumber reports whether a text that reads as a number can be nothing
// else: it has no sign but a minus and no zero before its other digits.
func plainNumber(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte{'-'})
	return b[0] != '+' && (len(b) == 1 || b[0] != '0' || b[1]-'0' > 9)
}

// Text reports whether the text means missing. Space around it is the caller's
// to trim.
//
// The length is compared first: it runs for every cell, and most are longer
// than any null text.
func (n *Nulls) Text(b []byte) bool {
	if len(b) == 0 {
		return n.empty
	}
	if len(b) > n.longest {
		return false
	}
	for _, s := range n.texts {
		if string(b) == s {
			return true
		}
	}
	return false
}

// Value reports whether a value, however it is written, means missing.
func (n *Nulls) Value(v float64) bool { return n.exact(v, 0) }

// Number reports whether a number means missing, given its text too.
//
// Numbers of requests come as text and as float64; the float64 rules out nearly
// all of them without looking at the text.
func (n *Nulls) Number(text []byte, v float64) bool {
	if !n.maybe(v) && math.Abs(v) < literal.MaxExact { // a longer text may be a null text and no number
		return false
	}
	whole, low, ok := literal.ParseExact(n.kind, text)
	return n.Text(text) || ok && n.exact(whole, low)
}

func (n *Nulls) exact(v float64, low int16) bool {
	return len(n.values) > 0 && slices.Contains(n.values, exact{v, low})
}

// maybe reports whether a number could mean missing, so that its text decides.
func (n *Nulls) maybe(v float64) bool {
	for _, x := range n.near {
		if x == v {
			return true
		}
	}
	return false
}

// NullToken returns the text that a missing value of the column is written as:
// nothing where that means missing, else the first of the null texts; where
// there are none, as in Parquet, the first of a few usual ones that no value
// uses.
//
// used reports whether a value of the column is that text. The loop ends, as
// the column has a bounded number of values.
func NullToken(texts []string, used func(string) bool) string {
	if slices.Contains(texts, "") {
		return ""
	}
	if len(texts) > 0 {
		return texts[0]
	}
	for _, s := range []string{"", "NA", "NULL", `\N`} {
		if !used(s) {
			return s
		}
	}
	for i := 1; ; i++ {
		if s := `\N` + strconv.Itoa(i); !used(s) {
			return s
		}
	}
}
