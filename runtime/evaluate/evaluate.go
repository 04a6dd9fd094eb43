// Package evaluate measures a model: metrics under scikit-learn's names and
// definitions, fairness over the groups of sensitive columns, robustness under
// missing values and noise, and permutation importance.
//
// Definitions follow scikit-learn 1.2 and, for fairness, Fairlearn; the golden
// values of the tests were computed with the former and stored with the script
// that made them. Every random choice takes its seed from the plan, so the same
// model and data give the same report.
package evaluate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// Predictor is what is measured. Predict is called on several goroutines at once.
type Predictor interface {
	Predict(*dataset.Frame) (*model.Predictions, error)
}

// Spec says what to measure against.
type Spec struct {
	Name    string
	Model   plan.Model
	Dataset plan.Dataset // whose sensitive columns make groups
	Labels  []string     // the classes in the order of the model's signature; empty for regression
	Seed    uint64
	Workers int // 0: all cores; the report does not depend on it

	// Progress, where set, is told how many features' importance is measured, by
	// one goroutine at a time.
	Progress func(done, total int)
}

// Report is everything that was measured on the test part. Every number is
// finite: a metric that is undefined is not in Metrics but in Undefined, with
// the reason.
type Report struct {
	Task            plan.Task             `json:"task"`
	Rows            int                   `json:"rows"`
	Labels          []string              `json:"labels,omitempty"`
	Metrics         map[string]float64    `json:"metrics"`
	Undefined       map[string]string     `json:"undefined,omitempty"`
	ConfusionMatrix [][]int               `json:"confusion_matrix,omitempty"` // rows: truth, columns: prediction
	Fairness        map[string]Fairness   `json:"fairness,omitempty"`         // by sensitive column
	Robustness      map[string]Robustness `json:"robustness,omitempty"`       // by kind of disturbance
	Importance      []Importance          `json:"importance,omitempty"`       // most important first
	// ImportanceBudget is nil where every feature that the model uses was shuffled
	// five times over all rows.
	ImportanceBudget *ImportanceBudget `json:"importance_budget,omitempty"`
	// Contributions are nil where the model cannot be explained.
	Contributions *Contributions `json:"contributions,omitempty"`
}

// Evaluate measures p on the frame, whose rows must not have been trained on.
// Rows without a target are left out. It errs where the data or the predictions
// are not what the spec says; a metric that is merely undefined is no error.
func Evaluate(ctx context.Context, p Predictor, frame *dataset.Frame, spec Spec) (*Report, error) {
	r, err := evaluate(ctx, p, frame, spec)
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", spec.Name, err)
	}
	return r, nil
}

// The order of the parts matters only for the errors: later parts read e.pred,
// which is set once. No part changes the frame or the truth.
func evaluate(ctx context.Context, p Predictor, frame *dataset.Frame, spec Spec) (*Report, error) {
	frame, truth, err := target(frame, spec)
	if err != nil {
		return nil, err
	}
	e := &evaluation{p: p, frame: frame, truth: truth, spec: spec}
	if e.pred, err = e.predict(ctx, frame); err != nil {
		return nil, err
	}
	r := &Report{Task: spec.Model.Task, Rows: frame.Rows, Labels: spec.Labels}
	r.Metrics, r.Undefined = e.scores(e.pred)
	// aligned has checked that every label is a class of the spec, so the
	// matrix needs no bounds check.
	if spec.Model.Task != plan.Regression {
		r.ConfusionMatrix = confusion(truth, e.pred.Label, len(spec.Labels))
	}
	if err := e.fairness(r); err != nil {
		return nil, err
	}
	if err := e.robustness(ctx, r); err != nil {
		return nil, err
	}
	if err := e.importance(ctx, r); err != nil {
		return nil, err
	}
	return r, e.contributions(ctx, r)
}

// evaluation is one evaluation under way.
type evaluation struct {
	p     Predictor
	frame *dataset.Frame
	truth []float64 // class index or value, one a row
	pred  *model.Predictions
	spec  Spec
	watch sync.Mutex // of progress
	told  int
}

// predict asks for predictions of the frame, which has e.truth's rows.
//
// The shapes are checked here, once, so that nothing after it indexes out of
// bounds because of a foreign Predictor.
func (e *evaluation) predict(ctx context.Context, frame *dataset.Frame) (*model.Predictions, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	pred, err := e.p.Predict(frame)
	if err != nil {
		return nil, err
	}
	switch classes := len(e.spec.Labels); {
	case e.spec.Model.Task == plan.Binary && classes != 2:
		return nil, fmt.Errorf("a binary model has two classes, not %v", e.spec.Labels)
	case pred.Classes != classes:
		return nil, fmt.Errorf("the predictions are of %d classes, the model's are %d: %v",
			pred.Classes, classes, e.spec.Labels)
	}
	return pred, aligned(e.spec.Model.Task, e.truth, pred)
}

// scores computes every metric of the task; those that are undefined are in the
// second map, with the reason.
//
// No error of a metric fails the evaluation: a report with a reason is of more
// use than none, and a gate on the metric fails by that reason.
func (e *evaluation) scores(pred *model.Predictions) (values map[string]float64, undefined map[string]string) {
	values, undefined = map[string]float64{}, map[string]string{}
	for _, name := range Names(e.spec.Model.Task) {
		v, err := Score(name, e.spec.Model.Task, e.truth, pred)
		var why *UndefinedError
		switch {
		case errors.As(err, &why):
			undefined[name] = why.Reason
		case err != nil:
			undefined[name] = err.Error()
		default:
			values[name] = v
		}
	}
	return values, undefined
}

// target takes the truth from the frame and drops rows that have none.
//
// The second result holds class indexes in the order of spec.Labels, or the
// values of a regression, one a row of the returned frame. The frame is the one
// that came in where no row is dropped.
//
// A class that the model does not know is an error and not a wrong prediction:
// it means that the data are of another target or label set than the model,
// which no metric would show clearly.
func target(f *dataset.Frame, spec Spec) (*dataset.Frame, []float64, error) {
	c := f.Column(spec.Model.Target)
	if c == nil {
		return nil, nil, fmt.Errorf("the data has no target column %q", spec.Model.Target)
	}
	if spec.Model.Task == plan.Regression && c.Coded() {
		return nil, nil, fmt.Errorf("target %q is a %s column, which a regression cannot predict", c.Name, c.Type)
	}
	index := map[string]float64{}
	for i, l := range spec.Labels {
		index[l] = float64(i)
	}
	var rows []int
	var truth []float64
	for row := range f.Rows {
		if c.Missing(row) {
			continue
		}
		var v float64
		if spec.Model.Task == plan.Regression {
			v = c.Floats[row]
		} else {
			var known bool
			if v, known = index[c.Value(row)]; !known {
				return nil, nil, fmt.Errorf("target %q: row %d is %q, which is not one of the model's classes %v",
					c.Name, row+1, c.Value(row), spec.Labels)
			}
		}
		rows, truth = append(rows, row), append(truth, v)
	}
	if len(rows) == 0 {
		return nil, nil, fmt.Errorf("target %q has no value in any of %d rows", c.Name, f.Rows)
	}
	if len(rows) < f.Rows {
		f = f.Select(rows)
	}
	return f, truth, nil
}

// confusion counts truth (rows) against prediction (columns).
//
// Both indexes were checked by aligned.
func confusion(truth []float64, label []int32, classes int) [][]int {
	out := make([][]int, classes)
	for i := range out {
		out[i] = make([]int, classes)
	}
	for i, t := range truth {
		out[int(t)][label[i]]++
	}
	return out
}

// sortedKeys are a map's keys in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
