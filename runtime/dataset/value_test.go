package dataset

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
)

func TestTimestampsWriteBackAsTheyWere(t *testing.T) {
	for _, text := range []string{"2024-02-29T23:59:59.123456Z", "1969-12-31T23:59:59.5Z", "0001-01-01T00:00:00Z",
		"2024-01-01T00:00:00Z", "1970-01-01T00:00:00.000000001Z", "1970-01-02T00:00:00.123456789Z"} {
		v, ok := literal.ParseTimestamp([]byte(text))
		c := Column{Type: plan.Timestamp, Floats: []float64{v}}
		if got := c.Value(0); !ok || got != text {
			t.Errorf("%q came back as %q", text, got)
		}
	}
}

func TestParseValueFollowsTheColumn(t *testing.T) {
	category := plan.Column{Type: plan.Category, Values: []string{"good", "bad"}}
	for _, c := range []struct {
		column plan.Column
		text   string
		want   float64
	}{
		{plan.Column{Type: plan.Number}, " -2.5 ", -2.5},
		{plan.Column{Type: plan.Integer}, "7.0", 7},
		{plan.Column{Type: plan.Boolean}, "YES", 1},
		{plan.Column{Type: plan.Boolean}, "0", 0},
		{plan.Column{Type: plan.Boolean}, "t", 1},
		{plan.Column{Type: plan.Boolean}, "F", 0},
		{plan.Column{Type: plan.Boolean}, "False", 0},
		{plan.Column{Type: plan.Timestamp}, "1970-01-02", 86400},
		{category, "bad", 1},
		{plan.Column{Type: plan.Category}, "anything", 0},
		{plan.Column{Type: plan.Text}, "", 0},
	} {
		if got, err := ParseValue(c.column, c.text); err != nil || got != c.want {
			t.Errorf("ParseValue(%s, %q) = %v, %v; want %v", c.column.Type, c.text, got, err, c.want)
		}
	}
}

func TestParseValueSaysWhatIsWrong(t *testing.T) {
	category := plan.Column{Type: plan.Category, Values: []string{"good", "bad"}}
	for _, c := range []struct {
		column plan.Column
		text   string
		kind   Kind
		want   string
	}{
		{plan.Column{Type: plan.Number}, "1,5", WrongType,
			`"1,5": want a number; write numbers with a decimal point and without thousands separators`},
		{plan.Column{Type: plan.Number}, "?", WrongType,
			`"?": want a number; if it means missing, add "?" to csv.null_value`},
		{plan.Column{Type: plan.Integer}, "7.5", WrongType, "declare the column a number"},
		{plan.Column{Type: plan.Boolean}, "maybe", WrongType, "true or false"},
		{plan.Column{Type: plan.Boolean}, "2", WrongType, "true or false"},
		{plan.Column{Type: plan.Timestamp}, "31/12/2024", WrongType, "the day comes first here"},
		{plan.Column{Type: plan.Timestamp}, "12-31-2024 10:00", WrongType, "the month comes first here"},
		{plan.Column{Type: plan.Timestamp}, "01.02.24", WrongType, "is the day or the month first?"},
		{plan.Column{Type: plan.Timestamp}, "2024/1/31", WrongType, "2024-01-31"},
		{plan.Column{Type: plan.Timestamp}, "31-Jan-2024", WrongType, "months are written as numbers"},
		{plan.Column{Type: plan.Timestamp}, "1709294400", WrongType, "declare the column an integer or a number"},
		{plan.Column{Type: plan.Number}, "9007199254740993", WrongType, "a 64-bit float would lose digits of it"},
		{category, "goood", UnknownCategory, `want one of "good", "bad"; did you mean "good"?`},
		{plan.Column{Type: plan.Text}, "\xff", Encoding, "UTF-8"},
		{plan.Column{Type: plan.Text}, "a\x00", NULByte, "NUL"},
		{plan.Column{Type: plan.Text}, strings.Repeat("x", MaxFieldBytes+1), TooLong, "1 MiB"},
	} {
		_, err := ParseValue(c.column, c.text)
		var e *ValueError
		if !errors.As(err, &e) || e.Kind != c.kind || !strings.Contains(err.Error(), c.want) || len(e.Value) > 80 {
			t.Errorf("ParseValue(%s, %.20q): %v; want %s: %s", c.column.Type, c.text, err, c.kind, c.want)
		}
	}
}

func TestIntegersAreExactInAll64Bits(t *testing.T) {
	for text, want := range map[string]string{
		"3": "3", "3.0": "3", "-3.000": "-3", "3e2": "300", "30e-1": "3", "+7": "7", "-0": "0",
		"1e15":                   "1000000000000000",
		"0.00000000000000000000": "0", "00000000000000000042": "42", "1e16": "10000000000000000",
		"1.8446744073709551615e19": "18446744073709551615",
		"9007199254740992.0":       "9007199254740992", "9007199254740993": "9007199254740993",
		"-9007199254740993":   "-9007199254740993",
		"1234567890123456789": "1234567890123456789", "9223372036854775807": "9223372036854775807",
		"-9223372036854775808": "-9223372036854775808",
		"9223372036854775808":  "9223372036854775808", "18446744073709551615": "18446744073709551615",
		"18446744073709551615.000": "18446744073709551615",
	} {
		v, low, ok := literal.ParseInteger([]byte(text))
		c := Column{Type: plan.Integer, Floats: []float64{v}, Low: []int16{low}}
		if got := c.Value(0); !ok || got != want {
			t.Errorf("ParseInteger(%q) = %v and %d, %v, written as %q; want %q", text, v, low, ok, got, want)
		}
	}
	for _, text := range []string{"3.5", "9007199254740992.1", "18446744073709551616", "-9223372036854775809", "1e20",
		"3.0000000000000000001", "1e-400",
		"2.99999999999999999999999", "1e999999999", "0x10", "", "three", ".", "-", "+",
		"1.0.0", "--1", "1_000", "1.0a"} {
		if v, low, ok := literal.ParseInteger([]byte(text)); ok {
			t.Errorf("ParseInteger(%q) = %v and %d; want a refusal", text, v, low)
		}
	}
}

func TestRandomIntegersWriteBackAsTheyWere(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	for range 200_000 {
		u := random.Uint64() >> random.IntN(64)
		for _, want := range []string{strconv.FormatUint(u, 10), strconv.FormatInt(int64(u), 10)} {
			v, low, ok := literal.ParseInteger([]byte(want))
			c := Column{Type: plan.Integer, Floats: []float64{v}, Low: []int16{low}}
			if got := c.Value(0); !ok || got != want {
				t.Fatalf("%s came back as %s (%v and %d, %v)", want, got, v, low, ok)
			}
		}
	}
}
