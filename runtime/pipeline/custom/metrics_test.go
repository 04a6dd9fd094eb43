package custom

import (
	"fmt"
	"strings"
	"testing"
)

func TestTwoNumbersOfOneNameAreNotOneMetric(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": {"b": 1}, "c": [2, {"d": 3}]}`: "",
		`{"a.b": 1, "a": {"b": 2}}`:           `two numbers are called "a.b"`,
		`{"a": [1], "a.0": 2}`:                `two numbers are called "a.0"`,
	} {
		out := map[string]float64{}
		err := readMetrics(out, "m.json", []byte(text), false)
		if want == "" && (err != nil || fmt.Sprint(out) != "map[a.b:1 c.0:2 c.1.d:3]") {
			t.Errorf("%s: %v, %v", text, out, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "m.json")) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	out := map[string]float64{}
	if err := readMetrics(out, "m", []byte(`{"json.a": 1}`), true); err != nil {
		t.Fatal(err)
	}
	if err := readMetrics(out, "m.json", []byte(`{"a": 1}`), true); err == nil {
		t.Error("a number of one file took the place of another file's")
	}
}

func TestMetricsHaveOnlySoManyNumbersAndNames(t *testing.T) {
	numbers := func(n int) string { return "[" + strings.Repeat("0,", n-1) + "0]" }
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "0" + strings.Repeat("}", n) }
	for text, want := range map[string]string{
		numbers(maxMetricNumbers):                                    "",
		numbers(maxMetricNumbers + 1):                                "more than 100000 numbers",
		deep(maxMetricDepth):                                         "",
		deep(maxMetricDepth + 1):                                     "lies deeper than 32 values",
		`{"` + strings.Repeat("k", maxMetricName) + `":0}`:           "",
		`{"` + strings.Repeat("k", maxMetricName+1) + `":[0,0,0,0]}`: "a name of more than 500 bytes",
	} {
		err := readMetrics(map[string]float64{}, "m.json", []byte(text), false)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", text, err, want)
		}
	}
}
