package dataset

import (
	"bytes"
	"fmt"
	"slices"
	"unsafe"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
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
			return 0, &ValueError{Kind: k, Value: literal.Shown(b), Want: want(k, c)}
		}
		if c.Type == plan.Text || len(c.Values) == 0 {
			return 0, nil
		}
		if i := slices.Index(c.Values, text); i >= 0 {
			return float64(i), nil
		}
		return 0, &ValueError{UnknownCategory, literal.Shown(b), want(UnknownCategory, c), categoryHint(text, c.Values)}
	}
	if v, ok := literal.Parse(c.Type, bytes.TrimSpace(b)); ok {
		return v, nil
	}
	return 0, &ValueError{WrongType, literal.Shown(b), want(WrongType, c), typeHint(c.Type, b)}
}

// ParseInteger reads one integer as a column of a row, which keeps all its digits.
func ParseInteger(text string) (*Column, error) {
	v, low, ok := literal.ParseInteger([]byte(text))
	if !ok {
		return nil, &ValueError{Kind: WrongType, Value: literal.Shown([]byte(text)),
			Want: want(WrongType, plan.Column{Type: plan.Integer})}
	}
	return &Column{Type: plan.Integer, Floats: []float64{v}, Low: []int16{low}}, nil
}
