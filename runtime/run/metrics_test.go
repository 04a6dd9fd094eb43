package run

import (
	"fmt"
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
