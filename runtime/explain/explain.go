// Package explain says how much each input added to a model's score: Shapley
// values, exact, in the units of the score before its link.
//
// For trees they are those of path-dependent TreeSHAP (Lundberg, Erion and Lee,
// Consistent individualized feature attribution for tree ensembles, 2018): where
// an input is not known, a row goes both ways, in the shares in which the
// training rows went. XGBoost's pred_contribs and LightGBM's predict_contrib are
// the same. For linear models the closed form is a weight times the distance from
// the mean of training.
//
// The contributions of a row and the base value add up to its margin, the sum
// of the trees' leaves: log odds of the positive class for boosting and logistic
// regression, a probability for a forest, the value itself for a regression.
//
// It exists apart from package model, since a model is scored without it: a
// workload that nobody asks for explanations pays neither time nor memory.
package explain

import (
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// Explainer explains the scores of one model. It is immutable and safe for
// concurrent use; each goroutine needs a Worker of its own.
type Explainer struct {
	sources []int     // input of each encoded column
	inputs  int       // of the signature
	bases   []float64 // one an output
	trees   []tree
	linear  *model.Linear
	scale   float64 // of the trees' leaves: 1, or 1 over their number in a forest
	depth   int     // of the deepest tree
	points  int     // of the tree that needs most
}

// ErrUnknown is of models that hold too little to be explained.
var ErrUnknown = errors.New("the model does not say how its training rows were spread")

// New prepares a model that Check accepts. Its memory is about twice that of
// the model's trees.
//
// Errors: ErrUnknown where the model was trained by an older version or comes
// from a file without counts; another where it is scored by a server of its own,
// or has trees deeper than MaxDepth.
func New(m *model.Model) (*Explainer, error) {
	e := &Explainer{sources: m.Encoder.Sources(), inputs: len(m.Encoder.Fields), scale: 1}
	switch {
	case m.Remote != nil:
		return nil, errors.New("explain: the model is scored by a server of its own, whose inside is not known here; " +
			"ask that server")
	case m.Graph != nil:
		return nil, errors.New("explain: the model is an ONNX graph, which does not say how its training rows were spread; " +
			"save it in the format of its own library (flavor xgboost or lightgbm) to explain it")
	case m.Linear != nil:
		return e, e.addLinear(m.Linear)
	case m.Ensemble == nil:
		return nil, errors.New("explain: the model has no estimator")
	}
	return e, e.addTrees(m.Ensemble)
}

// addLinear sets the base value of a linear model: its score of the mean row.
func (e *Explainer) addLinear(l *model.Linear) error {
	if l.Means == nil {
		return fmt.Errorf("explain: %w: it has no means of its features; train it again with this version", ErrUnknown)
	}
	e.linear = l
	for k, w := range l.Weights {
		base := l.Intercept[k]
		for j, mean := range l.Means {
			base += w[j] * mean
		}
		e.bases = append(e.bases, base)
	}
	return nil
}

// addTrees prepares each tree and sums up their base values.
func (e *Explainer) addTrees(m *model.Ensemble) error {
	e.bases = make([]float64, m.Outputs)
	copy(e.bases, m.Base)
	if m.Average {
		clear(e.bases)
		e.scale = 1 / float64(len(m.Trees))
	}
	e.trees = make([]tree, len(m.Trees))
	all := rules{}
	for i := range m.Trees {
		if m.Trees[i].Cover == nil {
			return fmt.Errorf("explain: %w: its trees have no counts; train it again with this version, or save it "+
				"with its statistics", ErrUnknown)
		}
		t, err := prepare(&m.Trees[i], m.Sets, all)
		if err != nil {
			return fmt.Errorf("explain: tree %d: %w", i, err)
		}
		e.trees[i] = t
		e.depth, e.points = max(e.depth, t.depth), max(e.points, len(t.rule.at))
		for k := range e.bases {
			if t.output < 0 || t.output == k {
				e.bases[k] += t.base(k) * e.scale
			}
		}
	}
	return nil
}

// Outputs is the number of scores a row.
func (e *Explainer) Outputs() int { return len(e.bases) }

// Base is the score of an output where nothing is known of a row: what
// contributions are counted from.
func (e *Explainer) Base(output int) float64 { return e.bases[output] }

// Worker explains one row at a time without allocating. It is for one goroutine
// at a time.
type Worker struct {
	*Explainer
	columns []float64
	path    path
}

// NewWorker returns a worker.
func (e *Explainer) NewWorker() *Worker {
	return &Worker{Explainer: e, columns: make([]float64, len(e.sources)), path: newPath(e.depth, e.points)}
}

// Columns returns the contribution of each encoded column to one output of an
// encoded row; see model.Scorer.Encoded. The slice is the worker's own, valid
// until the next call.
func (w *Worker) Columns(row []float64, output int) []float64 {
	clear(w.columns)
	if w.linear != nil {
		for j, weight := range w.linear.Weights[output] {
			w.columns[j] = weight * (row[j] - w.linear.Means[j])
		}
		return w.columns
	}
	for i := range w.trees {
		if t := &w.trees[i]; t.output < 0 || t.output == output {
			t.explain(row, output, &w.path, w.columns)
		}
	}
	if w.scale != 1 {
		for j := range w.columns {
			w.columns[j] *= w.scale
		}
	}
	return w.columns
}

// Inputs writes the contribution of each input of the signature into out, which
// has one place an input: those of its encoded columns added up.
func (w *Worker) Inputs(row []float64, output int, out []float64) {
	clear(out)
	for j, v := range w.Columns(row, output) {
		out[w.sources[j]] += v
	}
}
