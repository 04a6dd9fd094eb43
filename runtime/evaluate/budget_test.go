package evaluate_test

import (
	"context"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// stumps is a model of so many inputs x0, x1, ... that sees every step-th of
// them, a tree each.
func stumps(inputs, step int) *model.Model {
	m := &model.Model{
		Name: "m", Task: plan.Regression, Algorithm: plan.GradientBoosting, Params: plan.Params{},
		Signature: model.Signature{Target: "y"},
		Ensemble:  &model.Ensemble{Outputs: 1, Base: []float64{0}, Link: model.Identity},
	}
	for i := range inputs {
		name := "x" + strconv.Itoa(i)
		m.Signature.Inputs = append(m.Signature.Inputs, model.Field{Name: name, Type: plan.Number})
		m.Encoder.Fields = append(m.Encoder.Fields, model.FieldEncoder{Name: name, Type: plan.Number})
		if i%step == 0 {
			m.Ensemble.Trees = append(m.Ensemble.Trees, model.Tree{
				Feature: []int32{int32(i), -1, -1}, Threshold: make([]float64, 3), MissingLeft: make([]bool, 3),
				Left: []int32{1, 0, 1}, Right: []int32{2, 0, 0}, Leaf: []float64{-1, 1},
			})
		}
	}
	return m
}

// wide is a table of so many normal columns, whose target is the sum of the
// signs of every step-th.
func wide(rows, columns, step int) (*dataset.Frame, evaluate.Spec) {
	random := rand.New(rand.NewPCG(1, 2))
	y := make([]float64, rows)
	spec := evaluate.Spec{Name: "m", Model: plan.Model{Task: plan.Regression, Target: "y"}}
	var all []dataset.Column
	for c := range columns {
		v := make([]float64, rows)
		for i := range v {
			v[i] = random.NormFloat64()
			if c%step == 0 && v[i] > 0 {
				y[i]++
			} else if c%step == 0 {
				y[i]--
			}
		}
		all = append(all, numbers("x"+strconv.Itoa(c), v...))
		spec.Model.Features = append(spec.Model.Features, "x"+strconv.Itoa(c))
	}
	return table(append(all, numbers("y", y...))...), spec
}

func importances(t *testing.T, p evaluate.Predictor, f *dataset.Frame, spec evaluate.Spec) *evaluate.Report {
	t.Helper()
	r, err := evaluate.Evaluate(context.Background(), p, f, spec)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Predicting 2,175 rows again for each of 1,500 columns, five times, took minutes.
func TestAWideTableIsEvaluatedInTheTimeOfAFewPredictions(t *testing.T) {
	f, spec := wide(2175, 1500, 1)
	began := time.Now()
	r := importances(t, stumps(1500, 1), f, spec)
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
	if len(r.Importance) != 1500 || r.ImportanceBudget != nil {
		t.Fatalf("%d importances, budget %v: want all columns", len(r.Importance), r.ImportanceBudget)
	}
	if least := r.Importance[1499]; least.Mean <= 0 {
		t.Errorf("%+v, yet every column counts", least)
	}
}

func TestColumnsThatNoTreeAsksForAreExactlyZero(t *testing.T) {
	f, spec := wide(300, 60, 20)
	r := importances(t, stumps(60, 20), f, spec)
	for i, got := range r.Importance {
		if used := i < 3; used != (got.Mean > 0) || !used && got.Std != 0 {
			t.Errorf("place %d: %+v", i, got)
		}
	}
}

func TestTheReportIsTheSameOnAnyNumberOfCores(t *testing.T) {
	f, spec := wide(400, 30, 2)
	var first *evaluate.Report
	for _, workers := range []int{1, 2, 7} {
		spec.Workers = workers
		r := importances(t, stumps(30, 2), f, spec)
		if first == nil {
			first = r
		} else if !reflect.DeepEqual(first, r) {
			t.Errorf("%d workers report otherwise than one", workers)
		}
	}
}

func TestAModelThatCannotBeLookedIntoKeepsToABudgetThatIsSaid(t *testing.T) {
	f, spec := wide(1500, 600, 100)
	m, asked := stumps(600, 100), 0
	spec.Workers = 1
	var told []int
	spec.Progress = func(done, _ int) { told = append(told, done) }
	r := importances(t, predictor(func(g *dataset.Frame) (*model.Predictions,
		error) {
		asked++
		return m.Predict(g)
	}), f, spec)
	want := &evaluate.ImportanceBudget{Rows: 1000, OfRows: 1500, Repeats: 2, Features: 166, OfFeatures: 600}
	if !reflect.DeepEqual(r.ImportanceBudget, want) {
		t.Fatalf("budget %+v, want %+v", r.ImportanceBudget, want)
	}
	if asked != 2+2*want.Features || len(r.Importance) != want.Features {
		t.Errorf("%d predictions for %d importances", asked, len(r.Importance))
	}
	if !slices.IsSorted(told) || told[len(told)-1] != want.Features {
		t.Errorf("progress %v", told)
	}
	if got := r.ImportanceBudget.String(); got != "the 166 of 600 features that the model looks at most, 1000 of 1500 rows, 2 repeats" {
		t.Error(got)
	}
}
