package dataset

import (
	"bytes"
	"fmt"
	"slices"
	"unsafe"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// ValueError says why a text is not a value of a column.
type ValueError struct {
	Kind  Kind
	Value string // at most 80 bytes of what was found
	Want  string
	Hint  string
}

// Error says what was found and what is wanted.
func (e *ValueError) Error() string {
	s := fmt.Sprintf("%q: want %s", e.Value, e.Want)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// ParseValue reads one value by the rules that files are read by: what a frame
// holds for a number, integer, boolean or timestamp; for a category with
// declared values its index among them; 0 for any other text. The error is a
// *ValueError. The caller decides what means missing before it asks.
func ParseValue(c plan.Column, text string) (float64, error) {
	b := unsafe.Slice(unsafe.StringData(text), len(text)) //nolint:gosec // only read
	if c.Type == plan.Category || c.Type == plan.Text {
		if k := badText(b); k != "" {
			return 0, &ValueError{Kind: k, Value: shown(b), Want: want(k, c)}
		}
		if c.Type == plan.Text || len(c.Values) == 0 {
			return 0, nil
		}
		if i := slices.Index(c.Values, text); i >= 0 {
			return float64(i), nil
		}
		return 0, &ValueError{UnknownCategory, shown(b), want(UnknownCategory, c), categoryHint(text, c.Values)}
	}
	if v, ok := parseTyped(c.Type, bytes.TrimSpace(b)); ok {
		return v, nil
	}
	return 0, &ValueError{WrongType, shown(b), want(WrongType, c), typeHint(c.Type, b)}
}

// parseTyped reads a value of a type that frames hold as float64.
//
// For integers it returns the nearest float64; parseExact returns what that
// lacks too.
func parseTyped(t plan.ColumnType, b []byte) (float64, bool) {
	switch t {
	case plan.Number:
		return parseNumber(b)
	case plan.Integer:
		v, _, ok := parseInteger(b)
		return v, ok
	case plan.Boolean:
		return parseBoolean(b)
	case plan.Timestamp:
		return parseTimestamp(b)
	}
	return 0, false
}

// parseBoolean reads true, false, yes, no, t and f (in any case), 1 and 0.
func parseBoolean(b []byte) (float64, bool) {
	switch len(b) {
	case 1:
		switch b[0] {
		case '1', 't', 'T':
			return 1, true
		case '0', 'f', 'F':
			return 0, true
		}
		return 0, false
	case 2:
		return 0, bytes.EqualFold(b, []byte("no"))
	case 3:
		return 1, bytes.EqualFold(b, []byte("yes"))
	case 4:
		return 1, bytes.EqualFold(b, []byte("true"))
	case 5:
		return 0, bytes.EqualFold(b, []byte("false"))
	}
	return 0, false
}
