package boosting

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram/reference"
)

// column makes a matrix of one feature.
func column(values ...float64) *model.Matrix {
	return &model.Matrix{Rows: len(values), Columns: [][]float64{values}}
}

func mustFit(t *testing.T, x *model.Matrix, y []float64, opt Options) *model.Ensemble {
	t.Helper()
	e, err := Fit(context.Background(), x, y, opt)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// One tree at full rate puts each side's mean into its leaf, and a split lies
// midway between the values that it parts.
func TestAStepIsFittedExactly(t *testing.T) {
	p := plan.Params{"max_iter": 1.0, "learning_rate": 1.0, "min_samples_leaf": 1.0}
	e := mustFit(t, column(1, 2, 3, 4, 5, 6), []float64{10, 10, 10, 10, 40, 40},
		Options{Task: plan.Regression, Params: p})
	if tree := e.Trees[0]; len(tree.Leaf) != 2 || tree.Threshold[0] != 4.5 {
		t.Errorf("split %v", tree)
	}
	for v, want := range map[float64]float64{0: 10, 4.4: 10, 4.6: 40, 100: 40} {
		if got := reference.Raw(e, column(v), 0)[0]; math.Abs(got-want) > 1e-6 {
			t.Errorf("at %v: %v, want %v", v, got, want)
		}
	}
}

func TestMissingValuesGoWhereTheyBelong(t *testing.T) {
	gap := math.NaN()
	p := plan.Params{"max_iter": 1.0, "learning_rate": 1.0, "min_samples_leaf": 1.0}
	cases := map[string]struct {
		x, y []float64
		want map[float64]float64
	}{
		"with the low": {[]float64{1, 1, gap, gap, 9, 9}, []float64{0, 0, 0, 0, 6, 6},
			map[float64]float64{1: 0, 9: 6, gap: 0}},
		"with the high": {[]float64{1, 1, gap, gap, 9, 9}, []float64{0, 0, 6, 6, 6, 6},
			map[float64]float64{1: 0, 9: 6, gap: 6}},
		"on their own": {[]float64{1, 1, gap, gap, 1, 1}, []float64{0, 0, 6, 6, 0, 0},
			map[float64]float64{1: 0, gap: 6, 1e300: 0}},
		"with the many":       {[]float64{1, 1, 1, 1, 9, 9}, []float64{0, 0, 0, 0, 6, 6}, map[float64]float64{gap: 0}},
		"with the many, high": {[]float64{1, 1, 9, 9, 9, 9}, []float64{0, 0, 6, 6, 6, 6}, map[float64]float64{gap: 6}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e := mustFit(t, column(c.x...), c.y, Options{Task: plan.Regression, Params: p})
			for v, want := range c.want {
				if got := reference.Raw(e, column(v), 0)[0]; math.Abs(got-want) > 1e-6 {
					t.Errorf("at %v: %v, want %v", v, got, want)
				}
			}
		})
	}
}

func TestTheBaseIsTheBestConstant(t *testing.T) {
	x, p := column(1, 1, 1, 1), plan.Params{"max_iter": 1.0}
	cases := map[plan.Task]struct{ y, base []float64 }{
		plan.Regression: {[]float64{1, 2, 3, 6}, []float64{3}},
		plan.Binary:     {[]float64{0, 1, 1, 1}, []float64{math.Log(3)}},
		plan.Multiclass: {[]float64{0, 0, 1, 2}, []float64{math.Log(0.5), math.Log(0.25), math.Log(0.25)}},
	}
	for task, c := range cases {
		e := mustFit(t, x, c.y, Options{Task: task, Classes: 3, Params: p})
		if !slices.EqualFunc(e.Base, c.base, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("%s: base %v, want %v", task, e.Base, c.base)
		}
	}
}

func TestTrainingLossFallsAndIsReported(t *testing.T) {
	x, y := holes(2000, plan.Multiclass)
	var train, valid []float64
	opt := Options{Task: plan.Multiclass, Classes: 3, Params: plan.Params{"max_iter": 15.0}}
	opt.Progress = func(i int, a, b float64) {
		if i != len(train) {
			t.Errorf("iteration %d reported as %d", len(train), i)
		}
		train, valid = append(train, a), append(valid, b)
	}
	mustFit(t, x, y, opt)
	if len(train) != 15 || !slices.IsSortedFunc(train, func(a, b float64) int { return -1 * compare(a, b) }) {
		t.Errorf("training losses %v", train)
	}
	if !math.IsNaN(valid[0]) {
		t.Errorf("a validation loss of %v without validation rows", valid[0])
	}
}

func compare(a, b float64) int {
	if a < b {
		return -1
	}
	return 1
}

func TestEarlyStoppingKeepsTheBestIteration(t *testing.T) {
	x, y := holes(2000, plan.Binary)
	var valid []float64
	opt := Options{Task: plan.Binary, Seed: 3, Params: plan.Params{
		"max_iter": 500.0, "learning_rate": 0.3, "early_stopping": true, "n_iter_no_change": 5.0,
		"validation_fraction": 0.2,
	}}
	opt.Progress = func(_ int, _, b float64) { valid = append(valid, b) }
	e := mustFit(t, x, y, opt)
	best := 0
	for i, v := range valid {
		if v < valid[best] {
			best = i
		}
	}
	if len(valid) > 200 || len(valid) < best+5 {
		t.Errorf("stopped after %d iterations, the best was %d", len(valid), best+1)
	}
	if len(e.Trees) != best+1 {
		t.Errorf("kept %d trees, the best iteration was %d", len(e.Trees), best+1)
	}
}

func TestOddDataGivesSaneResults(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	cases := map[string]struct {
		x    *model.Matrix
		y    []float64
		task plan.Task
	}{
		"one row":                    {column(1), []float64{7}, plan.Regression},
		"a constant feature":         {column(3, 3, 3), []float64{0, 1, 1}, plan.Binary},
		"a feature all missing":      {column(nan, nan, nan), []float64{0, 1, 2}, plan.Multiclass},
		"infinite features":          {column(inf, -inf, 1, nan), []float64{1, 2, 3, 4}, plan.Regression},
		"a class that no row has":    {column(1, 2, 3), []float64{0, 2, 2}, plan.Multiclass},
		"a constant target":          {column(1, 2, 3), []float64{5, 5, 5}, plan.Regression},
		"targets of every magnitude": {column(1, 2, 3), []float64{1e140, 1e-300, -1e140}, plan.Regression},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, early := range []bool{false, true} {
				p := plan.Params{"max_iter": 5.0, "min_samples_leaf": 1.0, "early_stopping": early}
				e := mustFit(t, c.x, c.y, Options{Task: c.task, Classes: 3, Params: p})
				for i := range c.y {
					for _, v := range reference.Raw(e, c.x, i) {
						if math.IsNaN(v) || math.IsInf(v, 0) {
							t.Errorf("row %d scores %v", i, v)
						}
					}
				}
			}
		})
	}
}

func TestBalancedWeightsMoveTheBase(t *testing.T) {
	p := plan.Params{"max_iter": 1.0, "class_weight": "balanced"}
	e := mustFit(t, column(1, 1, 1, 1), []float64{0, 0, 0, 1}, Options{Task: plan.Binary, Params: p})
	if math.Abs(e.Base[0]) > 1e-12 {
		t.Errorf("base %v, want even odds", e.Base[0])
	}
}

func TestBadInputIsRefused(t *testing.T) {
	cases := map[string]struct {
		params plan.Params
		y      []float64
		want   []string
	}{
		"settings": {plan.Params{"max_iter": 0.0, "learning_rate": -1.0, "max_bins": 300.0}, []float64{0, 1},
			[]string{"max_iter is 0", "learning_rate is -1", "max_bins is 300"}},
		"leaves": {plan.Params{"max_leaf_nodes": 1.0, "max_depth": 0.0}, []float64{0, 1},
			[]string{"max_leaf_nodes is 1", "max_depth is 0"}},
		"a word":  {plan.Params{"early_stopping": "maybe"}, []float64{0, 1}, []string{"early_stopping is maybe"}},
		"classes": {nil, []float64{0, 2}, []string{"target of row 1 is 2"}},
	}
	for name, c := range cases {
		_, err := Fit(context.Background(), column(1, 2), c.y, Options{Task: plan.Binary, Params: c.params})
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want one with %q", name, err, want)
			}
		}
	}
}

func TestACancelledFitEndsWithTheContextsError(t *testing.T) {
	x, y := holes(2000, plan.Binary)
	ctx, cancel := context.WithCancel(context.Background())
	opt := Options{Task: plan.Binary, Params: plan.Params{"max_iter": 1e6}}
	opt.Progress = func(i int, _, _ float64) {
		if i == 3 {
			cancel()
		}
	}
	if _, err := Fit(ctx, x, y, opt); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
