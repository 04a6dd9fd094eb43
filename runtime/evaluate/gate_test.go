package evaluate_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
)

func atLeast(v float64) plan.Predicate { return plan.Predicate{{Op: plan.GreaterEqual, Value: v}} }

func atMost(v float64) plan.Predicate { return plan.Predicate{{Op: plan.LessEqual, Value: v}} }

// everything asks for a gate of every kind, out of order.
func everything() plan.Require {
	return plan.Require{
		Metrics: map[string]plan.Predicate{"roc_auc": atLeast(0.8), "accuracy": atLeast(0.7)},
		Fairness: map[string]plan.Fairness{"Age": {Metrics: map[string]plan.Predicate{
			"demographic_parity_ratio": atLeast(0.8), "equalized_odds_difference": atMost(0.1)}}},
		Robustness: map[string]plan.RobustnessCheck{"noise": {Metrics: map[string]plan.Predicate{"roc_auc": atLeast(0.7)}}},
	}
}

func TestGatesAreJudgedInOrderWithAReasonWhereTheyFail(t *testing.T) {
	r := &evaluate.Report{
		Metrics: map[string]float64{"accuracy": 0.75, "roc_auc": 0.5},
		Fairness: map[string]evaluate.Fairness{"Age": {Metrics: map[string]float64{"demographic_parity_ratio": 0.9},
			Undefined: "equalized odds takes two groups"}},
		Robustness: map[string]evaluate.Robustness{"noise": {Metrics: map[string]float64{},
			Undefined: map[string]string{"roc_auc": "only one class is present in the truth"}}},
	}
	value := func(v float64) *float64 { return &v }
	want := []evaluate.Gate{
		{Name: "accuracy", Value: value(0.75), Want: ">=0.7", Passed: true},
		{Name: "roc_auc", Value: value(0.5), Want: ">=0.8", Reason: "roc_auc is 0.5, must be >=0.8"},
		{Name: "fairness.Age.demographic_parity_ratio", Value: value(0.9), Want: ">=0.8", Passed: true},
		{Name: "fairness.Age.equalized_odds_difference", Want: "<=0.1",
			Reason: "equalized_odds_difference by Age is undefined (equalized odds takes two groups), must be <=0.1"},
		{Name: "robustness.noise.roc_auc", Want: ">=0.7",
			Reason: "roc_auc under noise is undefined (only one class is present in the truth), must be >=0.7"},
	}
	if diff := cmp.Diff(want, evaluate.Gates(everything(), r)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWasNotMeasuredPassesNoGate(t *testing.T) {
	gates := evaluate.Gates(everything(), &evaluate.Report{})
	if len(gates) != 5 {
		t.Fatalf("%d gates, want 5", len(gates))
	}
	for _, g := range gates {
		if g.Passed || g.Value != nil || g.Reason == "" {
			t.Errorf("%+v", g)
		}
	}
	if got := gates[2].Reason; got != "demographic_parity_ratio by Age was not measured, must be >=0.8" {
		t.Error(got)
	}
	always := plan.Require{Metrics: map[string]plan.Predicate{"roc_auc": {}}}
	if g := evaluate.Gates(always, &evaluate.Report{})[0]; g.Passed {
		t.Error("a gate without bounds holds of nothing")
	}
	nan := &evaluate.Report{Metrics: map[string]float64{"roc_auc": math.NaN()}}
	if g := evaluate.Gates(always, nan)[0]; g.Passed {
		t.Error("a gate without bounds holds of NaN")
	}
}

func TestOneClassInTheTestPartPassesNoRankingGate(t *testing.T) {
	spec := binary()
	spec.Model.Require.Metrics = map[string]plan.Predicate{"roc_auc": atLeast(0), "accuracy": atLeast(0.5)}
	gates := evaluate.Gates(spec.Model.Require, evaluated(t, table(yesNo(0, 0), numbers("p", 0.1, 0.2)), spec))
	if !gates[0].Passed || gates[1].Passed ||
		gates[1].Reason != "roc_auc is undefined (only one class is present in the truth), must be >=0" {
		t.Errorf("%+v", gates)
	}
}

func TestAValueThatFailsIsNeverShownAsOneThatPasses(t *testing.T) {
	for v, want := range map[float64]string{
		0.79999999:             "roc_auc is 0.79999999, must be >=0.8",
		math.Nextafter(0.8, 0): "roc_auc is 0.7999999999999999, must be >=0.8",
		0.123456789:            "roc_auc is 0.123457, must be >=0.8",
		1e-12:                  "roc_auc is 1e-12, must be >=0.8",
	} {
		r := &evaluate.Report{Metrics: map[string]float64{"roc_auc": v}}
		if got := evaluate.Gates(plan.Require{Metrics: map[string]plan.Predicate{"roc_auc": atLeast(0.8)}},
			r)[0].Reason; got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	not := plan.Require{Metrics: map[string]plan.Predicate{"r2": {{Op: plan.NotEqual, Value: 0.5}}}}
	if got := evaluate.Gates(not, &evaluate.Report{Metrics: map[string]float64{"r2": 0.5}})[0].Reason; got != "r2 is 0.5, must be !=0.5" {
		t.Error(got)
	}
}
