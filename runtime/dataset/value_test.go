package dataset

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestTimestampsReadAsTimeParseReadsThem(t *testing.T) {
	for text, layout := range map[string]string{
		"2024-02-29":                          time.DateOnly,
		"0000-01-01":                          time.DateOnly,
		"9999-12-31":                          time.DateOnly,
		"1969-07-20 20:17":                    "2006-01-02 15:04",
		"2024-02-29 23:59:59":                 time.DateTime,
		"2024-02-29T23:59:59":                 "2006-01-02T15:04:05",
		"2024-02-29T23:59:59Z":                time.RFC3339,
		"2024-02-29T00:00:00.25Z":             time.RFC3339Nano,
		"2024-02-29T00:00:00.123456+05:30":    time.RFC3339Nano,
		"2024-02-29T00:00:00-08:00":           time.RFC3339,
		"2024-02-29 00:00:00.5+02:00":         "2006-01-02 15:04:05Z07:00",
		"2024-02-29T00:00:00.123456789-00:30": time.RFC3339Nano,
		"2024-03-01 12:00:00+00":              "2006-01-02 15:04:05Z07",
		"2024-03-01 12:00:00-08":              "2006-01-02 15:04:05Z07",
		"2024-03-01 12:00:00.5+0530":          "2006-01-02 15:04:05Z0700",
		"1890-03-01 12:00:00+00:19:32":        "2006-01-02 15:04:05Z07:00:00",
		"2024-03-01 12:00:00 +0200":           "2006-01-02 15:04:05 -0700",
		"2024-03-01 12:00:00 UTC":             "2006-01-02 15:04:05 UTC",
		"2024-03-01T12:00:00,123":             "2006-01-02T15:04:05,000",
	} {
		want, err := time.Parse(layout, text)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := parseTimestamp([]byte(text))
		if !ok || math.Abs(got-float64(want.UnixMicro())/1e6) > 1e-6 {
			t.Errorf("%q = %v, %v; want %v", text, got, ok, want.Unix())
		}
	}
	for _, text := range []string{"", "2024", "2024-02-30", "2023-02-29", "2024-00-10", "2024-13-01", "2024-1-1",
		"29/02/2024", "2024-02-29T", "2024-02-29T24:00:00",
		"2024-02-29T12:60", "2024-02-29T12:00:60", "2024-02-29T12:00:00.", "2024-02-29T12:00:00+25:00",
		"2024-02-29T12:00:00 CET", "2024-02-29T12:00:00 ", "2024-02-29T12:00:00+",
		"2024-02-29T12:00:00+1", "2024-02-29T12:00:00+01:", "2024-02-29T12:00:00+01:0203",
		"2024-02-29T12:00:00+01020304", "2024-02-29T12:00:00+01:60", "2024-02-29x12:00",
		"٢024-02-29", "2024-02-29T1:00:00"} {
		if got, ok := parseTimestamp([]byte(text)); ok {
			t.Errorf("%q = %v; want a refusal", text, got)
		}
	}
}

func TestTimestampsWriteBackAsTheyWere(t *testing.T) {
	for _, text := range []string{"2024-02-29T23:59:59.123456Z", "1969-12-31T23:59:59.5Z", "0001-01-01T00:00:00Z",
		"2024-01-01T00:00:00Z", "1970-01-01T00:00:00.000000001Z", "1970-01-02T00:00:00.123456789Z"} {
		v, ok := parseTimestamp([]byte(text))
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
