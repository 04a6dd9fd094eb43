package pipeline

import (
	"fmt"
	"strings"
	"testing"
)

// TestNoStageTakesThePlaceOfAnothersMetric has attempts of a matrix that measure
// the same, and a stage after the evaluation that measures what gates judge.
func TestNoStageTakesThePlaceOfAnothersMetric(t *testing.T) {
	r := Run{Params: map[string]string{"eta": "0.5"}, Stages: []Result{
		{Stage: "try@0.1", Metrics: map[string]float64{"rmse": 0.1}, Params: map[string]any{"eta": 0.1, "rounds": 1e6}},
		{Stage: "try@0.3", Metrics: map[string]float64{"rmse": 0.3},
			Params: map[string]any{"eta": 0.3, "names": []any{"a", nil}}},
		{Stage: "try@0", Metrics: map[string]float64{"1.rmse": 0.7}},
		{Stage: "evaluate", Metrics: map[string]float64{"accuracy": 0.9, "roc_auc": 0.8}},
		{Stage: "card", Metrics: map[string]float64{"accuracy": 0.123, "roc_auc": 0.001}},
	}}
	if got, want := fmt.Sprint(r.Metrics()),
		"map[accuracy:0.9 card/accuracy:0.123 card/roc_auc:0.001 roc_auc:0.8 try@0.1/rmse:0.1 try@0.3/rmse:0.3 try@0/1.rmse:0.7]"; got != want {
		t.Errorf("metrics %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(r.AllParams()),
		`map[eta:0.5 try@0.1/eta:0.1 try@0.1/rounds:1000000 try@0.3/eta:0.3 try@0.3/names:["a",null]]`; got != want {
		t.Errorf("params %s, want %s", got, want)
	}
}

func TestTwoNumbersOfOneNameAreNotOneMetric(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": {"b": 1}, "c": [2, {"d": 3}]}`: "",
		`{"a.b": 1, "a": {"b": 2}}`:           `two numbers are called "a.b"`,
		`{"a": [1], "a.0": 2}`:                `two numbers are called "a.0"`,
	} {
		var res Result
		err := readMetrics(&res, "m.json", []byte(text), false)
		if want == "" && (err != nil || fmt.Sprint(res.Metrics) != "map[a.b:1 c.0:2 c.1.d:3]") {
			t.Errorf("%s: %v, %v", text, res.Metrics, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "m.json")) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	var res Result
	if err := readMetrics(&res, "m", []byte(`{"json.a": 1}`), true); err != nil {
		t.Fatal(err)
	}
	if err := readMetrics(&res, "m.json", []byte(`{"a": 1}`), true); err == nil {
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
		err := readMetrics(&Result{}, "m.json", []byte(text), false)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", text, err, want)
		}
	}
}
