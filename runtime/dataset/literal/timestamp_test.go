package literal

import (
	"math"
	"testing"
	"time"
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
		got, ok := ParseTimestamp([]byte(text))
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
		if got, ok := ParseTimestamp([]byte(text)); ok {
			t.Errorf("%q = %v; want a refusal", text, got)
		}
	}
}

// FuzzTimestamp holds that a moment that reads also writes and reads back.
func FuzzTimestamp(f *testing.F) {
	for _, text := range []string{"2024-02-29", "2024-02-29T12:00:00.5+02:00", "0001-01-01 00:00",
		"9999-12-31T23:59:59Z", "2024-1-1", "2024-03-01 12:00:00.25+00", "1890-03-01 12:00 -00:19:32"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, ok := ParseTimestamp([]byte(text))
		if !ok {
			return
		}
		again, ok := ParseTimestamp([]byte(MomentText(v, false)))
		if year := time.Unix(int64(v), 0).UTC().Year(); year < 0 || year > 9999 {
			return // an offset led beyond what four digits write
		}
		if !ok || math.Abs(again-v) > 1e-5 {
			t.Fatalf("%q is %v, written as %q", text, v, MomentText(v, false))
		}
	})
}
