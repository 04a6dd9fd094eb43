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
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// Predictor is what is measured.
type Predictor interface {
	Predict(*dataset.Frame) (*model.Predictions, error)
}

// Spec says what to measure against.
type Spec struct {
	Name    string
	Model   plan.Model
	Dataset plan.Dataset
	Labels  []string // the classes in the order of the model's signature; empty for regression
	Seed    uint64
	Workers int // 0: all cores; the report does not depend on it
}

// Report is everything that was measured on the test part. It is JSON-safe: a
// metric that is undefined is not in Metrics but in Undefined, with the reason.
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
}

// Evaluate measures p on the frame, whose rows must not have been trained on.
// Rows without a target are left out.
func Evaluate(ctx context.Context, p Predictor, frame *dataset.Frame, spec Spec) (*Report, error) {
	frame, truth, err := target(frame, spec)
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", spec.Name, err)
	}
	pred, err := p.Predict(frame)
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", spec.Name, err)
	}
	e := &evaluation{p: p, frame: frame, truth: truth, pred: pred, spec: spec}
	r := &Report{Task: spec.Model.Task, Rows: frame.Rows, Labels: spec.Labels, Metrics: map[string]float64{}, Undefined: map[string]string{}}
	e.metrics(r)
	if spec.Model.Task != plan.Regression {
		r.ConfusionMatrix = confusion(truth, pred.Label, len(spec.Labels))
	}
	if err := e.fairness(r); err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", spec.Name, err)
	}
	if err := e.robustness(ctx, r); err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", spec.Name, err)
	}
	if err := e.importance(ctx, r); err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", spec.Name, err)
	}
	return r, nil
}

// evaluation is one evaluation under way.
type evaluation struct {
	p     Predictor
	frame *dataset.Frame
	truth []float64 // class index or value, one a row
	pred  *model.Predictions
	spec  Spec
}

func (e *evaluation) metrics(r *Report) {
	for _, name := range Names(e.spec.Model.Task) {
		v, err := Score(name, e.spec.Model.Task, e.truth, e.pred)
		if err != nil {
			r.Undefined[name] = err.Error()
			continue
		}
		r.Metrics[name] = v
	}
}

// target takes the truth from the frame and drops rows that have none.
func target(f *dataset.Frame, spec Spec) (*dataset.Frame, []float64, error) {
	c := f.Column(spec.Model.Target)
	if c == nil {
		return nil, nil, fmt.Errorf("the data has no target column %q", spec.Model.Target)
	}
	var rows []int
	for row := range f.Rows {
		if !c.Missing(row) {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil, nil, fmt.Errorf("target %q has no value in any of %d rows", spec.Model.Target, f.Rows)
	}
	if len(rows) < f.Rows {
		f = f.Select(rows)
		c = f.Column(spec.Model.Target)
	}
	truth := make([]float64, f.Rows)
	if spec.Model.Task == plan.Regression {
		copy(truth, c.Floats)
		return f, truth, nil
	}
	index := map[string]int{}
	for i, l := range spec.Labels {
		index[l] = i
	}
	for row := range f.Rows {
		i, ok := index[c.Value(row)]
		if !ok {
			return nil, nil, fmt.Errorf("target %q: row %d is %q, which is none of the model's classes %v", c.Name, row+1, c.Value(row), spec.Labels)
		}
		truth[row] = float64(i)
	}
	return f, truth, nil
}

// confusion counts truth (rows) against prediction (columns).
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
