package literal

import (
	"bytes"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Parse reads a value of a type that frames hold as float64.
//
// For integers it returns the nearest float64; ParseExact returns what that
// lacks too.
func Parse(t plan.ColumnType, b []byte) (float64, bool) {
	switch t {
	case plan.Number:
		return ParseNumber(b)
	case plan.Integer:
		v, _, ok := ParseInteger(b)
		return v, ok
	case plan.Boolean:
		return parseBoolean(b)
	case plan.Timestamp:
		return ParseTimestamp(b)
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

// ParseExact reads a value of a type that frames hold as Floats and Low.
func ParseExact(t plan.ColumnType, b []byte) (v float64, low int16, ok bool) {
	if t == plan.Integer {
		return ParseInteger(b)
	}
	v, ok = Parse(t, b)
	return v, 0, ok
}
