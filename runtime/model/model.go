// Package model is a trained model: its signature, its fitted preprocessing
// and its estimator, how it scores, and the one file it is kept in.
//
// Scoring lives here and fitting in package train, so that a serving workload
// links no training code and both use the very same preprocessing.
package model

import (
	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Model is immutable once fitted or decoded and safe for concurrent use.
type Model struct {
	Name      string             `json:"name"`
	Task      plan.Task          `json:"task"`
	Algorithm string             `json:"algorithm"`
	Params    plan.Params        `json:"params"`
	Signature Signature          `json:"signature"`
	Encoder   Encoder            `json:"encoder"`
	Metrics   map[string]float64 `json:"metrics,omitempty"`
	// PlanDigest and DataDigest say what the model was made from. The time of
	// training is not here but in the registry: the same inputs give the same file.
	PlanDigest string `json:"plan_digest"`
	DataDigest string `json:"data_digest"`
	Seed       uint64 `json:"seed"`

	// Exactly one of the estimators is set.
	Ensemble *Ensemble `json:"-"`
	Linear   *Linear   `json:"-"`
	Graph    *Graph    `json:"-"`
	Remote   *Remote   `json:"remote,omitempty"`

	caller Caller // of a Remote; nil: not attached

	program *program // set by Prepare
}

// Prepare checks the model and compiles it for scoring. Fitting and decoding
// have called it; a model put together by hand is compiled again at every
// Predict until it is called. It must not run concurrently with scoring.
func (m *Model) Prepare() error {
	p, err := compile(m)
	if err != nil {
		return err
	}
	m.program = p
	return nil
}

// ready returns the compiled form.
func (m *Model) ready() (*program, error) {
	if m.program != nil {
		return m.program, nil
	}
	return compile(m)
}

// Signature says what goes in and what comes out.
type Signature struct {
	Inputs []Field  `json:"inputs"`           // features in the order of the dataset's columns
	Target string   `json:"target"`           // the column that was learnt
	Labels []string `json:"labels,omitempty"` // classes; for a binary task {negative, positive}; empty for regression
	// Dropped are columns that a request may hold and that nothing looks at.
	Dropped []string `json:"dropped,omitempty"`
	// PseudonymKey names the key that hashed inputs were learnt under; see package
	// privacy.
	PseudonymKey string `json:"pseudonym_key,omitempty"`
}

// Field is one input column.
type Field struct {
	Name     string          `json:"name"`
	Type     plan.ColumnType `json:"type"`
	Nullable bool            `json:"nullable"`
	// NullValue are the texts that mean missing, in the data and in requests; nil
	// stands for plan.DefaultNullValue.
	NullValue  []string `json:"null_value,omitzero"`
	Categories []string `json:"categories,omitempty"` // those seen in training, sorted; others score as unknown
	Min        float64  `json:"min"`                  // of the training values, for numeric fields
	Max        float64  `json:"max"`
	// Anonymise is what becomes of a request's value before anything looks at it:
	// "", plan.Hash or plan.Mask. Categories, Min and Max are of what comes of it.
	Anonymise string `json:"anonymise,omitempty"`
}

// NullTexts returns the texts that mean missing.
func (f Field) NullTexts() []string {
	if f.NullValue == nil {
		return plan.DefaultNullValue()
	}
	return f.NullValue
}

// Matrix is a column-major table of encoded features. NaN is missing.
type Matrix struct {
	Rows    int
	Columns [][]float64
}

// Link turns raw scores into predictions.
type Link string

// The links. Identity is used by regression and by forests whose leaves
// already hold probabilities.
const (
	Identity Link = "identity"
	Logit    Link = "logit"
	Softmax  Link = "softmax"
)

// Ensemble is a forest of binary decision trees over encoded features.
type Ensemble struct {
	Outputs int       // scores a row: 1 for regression and binary tasks, else the number of classes
	Base    []float64 // initial score of each output
	Average bool      // scores are the mean of the trees' leaves (forest), not base plus their sum (boosting)
	Link    Link
	Trees   []Tree
	Sets    []Set // that nodes split by; nil where all splits are by threshold
}

// Tree is one decision tree in flat arrays, the root at node 0. A row goes left
// where value <= Threshold, or at a split by categories where the set has the
// value, or where the value is missing and MissingLeft holds.
type Tree struct {
	// Output is the score that scalar leaves add to, or -1 where each leaf holds
	// Outputs values.
	Output      int32
	Feature     []int32 // column of the matrix; -1 at a leaf
	Threshold   []float64
	MissingLeft []bool
	// Set is, at a split by categories, a number of the ensemble's Sets, else -1;
	// nil where the ensemble has none.
	Set         []int32
	Left, Right []int32 // nodes, always greater than their parent; at a leaf Left is an index into Leaf
	Leaf        []float64
	// Cover is how many training rows reached each node, or the sum of their
	// weights or second derivatives, whatever the trainer counts by. Scoring does
	// not read it; explanations do. nil where nobody counted: either all trees of
	// an ensemble have it or none.
	Cover []float64
}

// Linear is a generalised linear model over encoded features.
type Linear struct {
	Weights   [][]float64 // a row an output, a weight a feature
	Intercept []float64
	Link      Link
	// Means are those of the encoded features in the training part, from which
	// explanations start; nil where they are not known.
	Means []float64
}

// Predictions are a batch's results. For a binary task Proba holds one
// probability a row, that of the positive class; for a multiclass task one a
// class, row by row; for regression it is nil.
type Predictions struct {
	Classes int       // number of labels; 0 for regression
	Proba   []float64 // len rows (binary) or rows*Classes (multiclass)
	Label   []int32   // index into Signature.Labels; nil for regression. Binary: positive from 0.5 up
	Value   []float64 // regression only
}
