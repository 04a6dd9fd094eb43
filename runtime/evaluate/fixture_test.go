package evaluate_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// byColumns is a model whose prediction for a row is what is in its
// columns: the positive class's probability, one probability a class, or the
// value. A missing cell is predicted as 0.5.
type byColumns struct {
	task    plan.Task
	columns []string
}

func (p byColumns) Predict(f *dataset.Frame) (*model.Predictions, error) {
	out := &model.Predictions{}
	for row := range f.Rows {
		best := int32(0)
		for k, name := range p.columns {
			v := f.Column(name).Floats[row]
			if math.IsNaN(v) {
				v = 0.5
			}
			if p.task == plan.Regression {
				out.Value = append(out.Value, v)
				continue
			}
			out.Proba = append(out.Proba, v)
			if v > f.Column(p.columns[best]).Floats[row] {
				best = int32(k)
			}
			if p.task == plan.Binary && v >= 0.5 {
				best = 1
			}
		}
		if p.task != plan.Regression {
			out.Label = append(out.Label, best)
		}
	}
	switch p.task {
	case plan.Binary:
		out.Classes = 2
	case plan.Multiclass:
		out.Classes = len(p.columns)
	}
	return out, nil
}

// predictor is a function that predicts.
type predictor func(*dataset.Frame) (*model.Predictions, error)

func (p predictor) Predict(f *dataset.Frame) (*model.Predictions, error) { return p(f) }

func numbers(name string, v ...float64) dataset.Column {
	return dataset.Column{Name: name, Type: plan.Number, Floats: v}
}

// category is a column of texts, "" for missing.
func category(name string, values ...string) dataset.Column {
	c := dataset.Column{Name: name, Type: plan.Category}
	index := map[string]int32{"": dataset.MissingCode}
	for _, v := range values {
		code, known := index[v]
		if !known {
			code = int32(len(c.Dict))
			index[v], c.Dict = code, append(c.Dict, v)
		}
		c.Codes = append(c.Codes, code)
	}
	return c
}

func table(columns ...dataset.Column) *dataset.Frame {
	return &dataset.Frame{Rows: columns[0].Len(), Columns: columns}
}

// yesNo writes classes 0 and 1 as a target column.
func yesNo(classes ...float64) dataset.Column {
	text := make([]string, len(classes))
	for i, c := range classes {
		text[i] = []string{"no", "yes"}[int(c)]
	}
	return category("y", text...)
}

// binary is the spec of a model that predicts y from the column p.
func binary() evaluate.Spec {
	return evaluate.Spec{
		Name: "m", Labels: []string{"no", "yes"}, Seed: 42,
		Model: plan.Model{Task: plan.Binary, Target: "y", Features: []string{"p"}},
	}
}

// evaluated evaluates the model that predicts what is in p.
func evaluated(t *testing.T, f *dataset.Frame, spec evaluate.Spec) *evaluate.Report {
	t.Helper()
	r, err := evaluate.Evaluate(t.Context(), byColumns{spec.Model.Task, []string{"p"}}, f, spec)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// refusal is the error of an evaluation that must not succeed.
func refusal(t *testing.T, p evaluate.Predictor, f *dataset.Frame, spec evaluate.Spec) string {
	t.Helper()
	r, err := evaluate.Evaluate(context.Background(), p, f, spec)
	if err == nil || r != nil {
		t.Fatalf("evaluated: %+v", r)
	}
	return err.Error()
}

// reason is why a metric is undefined, or "" where it has a value.
func reason(err error) string {
	var undefined *evaluate.UndefinedError
	if errors.As(err, &undefined) {
		return undefined.Reason
	}
	if err != nil {
		return "no UndefinedError: " + err.Error()
	}
	return ""
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(b)) }
