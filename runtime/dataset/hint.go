package dataset

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
)

// want says what would have been right.
//
// Problems of the text come before those of the type, since a text that is not
// UTF-8 is wrong for every type.
func want(k Kind, c plan.Column) string {
	switch k {
	case NullValue:
		return "a value: the column is not nullable"
	case Encoding:
		return "UTF-8 text"
	case NULByte:
		return "text without NUL bytes"
	case TooLong:
		return "at most 1 MiB in a field"
	case UnknownCategory:
		return "one of " + literal.Quoted(c.Values, 8)
	}
	switch c.Type {
	case plan.Integer:
		return "an integer of at most 64 bits"
	case plan.Boolean:
		return "true or false, yes or no, t or f, 1 or 0"
	case plan.Timestamp:
		return "a timestamp: RFC 3339 or YYYY-MM-DD"
	case plan.Number:
		return "a number"
	}
	return "a " + string(c.Type)
}

// typeHint guesses at what was meant.
//
// The hints are tried from the likeliest mistake on, and the first that fits is
// given. An empty result means that nothing helpful is known.
func typeHint(t plan.ColumnType, b []byte) string {
	s := strings.ToLower(strings.TrimSpace(string(b[:min(len(b), literal.MaxShown)])))
	switch s {
	case "", "na", "n/a", "nan", "null", "none", "nil", "-", "?", ".", "missing", "unknown":
		return fmt.Sprintf("if it means missing, add %q to csv.null_value", literal.Shown(bytes.TrimSpace(b)))
	}
	if t == plan.Timestamp {
		return momentHint(s)
	}
	if t != plan.Number && t != plan.Integer {
		return ""
	}
	if _, ok := literal.ParseNumber([]byte(strings.ReplaceAll(s, ",", "."))); ok && strings.Contains(s, ",") {
		return "write numbers with a decimal point and without thousands separators"
	}
	if v, err := strconv.ParseFloat(s, 64); err == nil && t == plan.Number &&
		math.Abs(v) >= literal.MaxExact && !math.IsInf(v, 0) {
		return "a 64-bit float would lose digits of it: declare the column an integer, or text if it is an identifier"
	}
	if _, ok := literal.ParseNumber([]byte(s)); ok && t == plan.Integer {
		return "declare the column a number, or a category if it is an identifier"
	}
	return ""
}

// momentHint says why a date that people read is not one that is read here.
//
// A date of two numbers up to 12 is ambiguous, and is never guessed at: a wrong
// order of day and month would go unnoticed through training.
func momentHint(s string) string {
	if _, ok := literal.ParseNumber([]byte(s)); ok {
		return "a number is not read as a time: declare the column an integer or a number"
	}
	date, _, _ := strings.Cut(strings.ReplaceAll(s, "t", " "), " ")
	parts := strings.FieldsFunc(date, func(r rune) bool { return r == '/' || r == '.' || r == '-' })
	if len(parts) != 3 {
		return ""
	}
	var n [3]int
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil {
			return "months are written as numbers: export dates as YYYY-MM-DD"
		}
		n[i] = v
	}
	switch {
	case len(parts[0]) == 4 && n[1] >= 1 && n[1] <= 12 && n[2] >= 1 && n[2] <= 31:
		return fmt.Sprintf("dates are written with hyphens and two digits each: %04d-%02d-%02d", n[0], n[1], n[2])
	case len(parts[2]) < 2 || n[0] < 1 || n[1] < 1 || n[0] > 31 || n[1] > 31 || n[0] > 12 && n[1] > 12:
		return ""
	case n[0] > 12:
		return "the day comes first here: export dates as YYYY-MM-DD"
	case n[1] > 12:
		return "the month comes first here: export dates as YYYY-MM-DD"
	}
	return "is the day or the month first? A date must say: export dates as YYYY-MM-DD"
}

// categoryHint returns the declared value that was likely meant, and says so
// where nothing but space around it, which is hard to see, is between them.
func categoryHint(text string, values []string) string {
	for _, v := range values {
		if v != text && strings.TrimSpace(v) == strings.TrimSpace(text) {
			return fmt.Sprintf("it is %q but for the space around it: trim the values, or declare this one too",
				literal.Shown([]byte(v)))
		}
	}
	return nearest.Hint(text, values)
}
