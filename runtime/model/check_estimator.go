package model

import (
	"errors"
	"fmt"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Outputs returns the number of raw scores a row: 1 for regression and binary
// tasks, else one a label.
func (m *Model) outputs() int {
	if m.Task == plan.Multiclass {
		return len(m.Signature.Labels)
	}
	return 1
}

// checkEstimator wants exactly one estimator and checks that one.
func (m *Model) checkEstimator() error {
	set := 0
	for _, is := range []bool{m.Ensemble != nil, m.Linear != nil, m.Remote != nil,
		m.Graph != nil} {
		if is {
			set++
		}
	}
	if set != 1 {
		return errors.New("estimator: exactly one must be set")
	}
	if m.Remote != nil {
		return m.checkRemote()
	}
	if m.Graph != nil {
		return nil // compileGraph looks at all of it
	}
	if m.Linear != nil {
		return m.checkLinear()
	}
	return m.checkEnsemble()
}

// checkLink says which links give what the task wants.
//
// probabilities says that the raw scores are probabilities already, as those of
// a forest are: then no link is applied to them.
func (m *Model) checkLink(l Link, probabilities bool) error {
	switch {
	case m.Task == plan.Regression && l == Identity:
	case m.Task == plan.Binary && (l == Logit || probabilities && l == Identity):
	case m.Task == plan.Multiclass && (l == Softmax || probabilities && l == Identity):
	default:
		return fmt.Errorf("estimator: link %q does not fit a %s task", l, m.Task)
	}
	return nil
}

// checkLinear wants the weights in the shape of the outputs and the encoded
// columns. An infinite or missing input would make every score NaN, so each
// number must be imputed.
func (m *Model) checkLinear() error {
	l, outputs, width := m.Linear, m.outputs(), m.Encoder.Width()
	if err := m.checkLink(l.Link, false); err != nil {
		return err
	}
	if len(l.Weights) != outputs || len(l.Intercept) != outputs {
		return fmt.Errorf("estimator: %d rows of weights and %d intercepts for %d outputs", len(l.Weights),
			len(l.Intercept), outputs)
	}
	for _, f := range m.Encoder.Fields {
		if !f.coded() && !f.Impute {
			return fmt.Errorf("estimator: a linear model cannot take missing values and input %q fills none in", f.Name)
		}
	}
	if l.Means != nil && (len(l.Means) != width || !allFinite(l.Means)) {
		return fmt.Errorf("estimator: %d means (finite) for %d encoded columns", len(l.Means), width)
	}
	if !allFinite(l.Intercept) {
		return errors.New("estimator: an intercept is not finite")
	}
	for k, w := range l.Weights {
		if len(w) != width {
			return fmt.Errorf("estimator: %d weights for %d encoded columns", len(w), width)
		}
		if !allFinite(w) {
			return fmt.Errorf("estimator: a weight of output %d is not finite", k)
		}
	}
	return nil
}

// checkEnsemble checks the shape and every tree. The compiled form counts nodes
// and leaves of all trees in 32 bits, so their sums are bounded.
func (m *Model) checkEnsemble() error {
	e := m.Ensemble
	if err := m.checkLink(e.Link, e.Average); err != nil {
		return err
	}
	if e.Outputs != m.outputs() || len(e.Base) != e.Outputs || !allFinite(e.Base) {
		return fmt.Errorf("estimator: %d outputs and %d base scores (finite) where the task has %d",
			e.Outputs, len(e.Base), m.outputs())
	}
	if len(e.Trees) == 0 && e.Average {
		return errors.New("estimator: a forest without trees")
	}
	unit := e.Link == Identity && m.Task != plan.Regression
	width, nodes, leaves := m.Encoder.Width(), 0, 0
	for i := range e.Trees {
		t := &e.Trees[i]
		if err := t.check(width, e.Outputs, unit); err != nil {
			return fmt.Errorf("estimator: tree %d: %w", i, err)
		}
		if (t.Cover != nil) != e.covered() {
			return fmt.Errorf("estimator: tree %d: either all trees have covers or none", i)
		}
		if e.Average && e.Outputs > 1 && t.Output >= 0 {
			return fmt.Errorf("estimator: tree %d: a forest's leaf holds all %d outputs", i, e.Outputs)
		}
		nodes, leaves = nodes+len(t.Feature), leaves+len(t.Leaf)
		if nodes > math.MaxInt32 || leaves > math.MaxInt32 {
			return fmt.Errorf("estimator: more than %d nodes or leaf values", math.MaxInt32)
		}
	}
	return e.checkSets()
}

// check returns an error unless the arrays make one tree: every node but the
// root is the child of exactly one smaller node, splits read columns below
// width at finite thresholds, and leaves hold finite values, within [0, 1]
// where unit is set.
//
// Its time is that of the nodes. That children are greater than their parent
// and that each has exactly one rules out cycles and unreachable nodes, so a
// walk always ends in a leaf.
func (t *Tree) check(width, outputs int, unit bool) error {
	n := len(t.Feature)
	if n == 0 || len(t.Threshold) != n || len(t.MissingLeft) != n || len(t.Left) != n || len(t.Right) != n {
		return fmt.Errorf("arrays of %d, %d, %d, %d and %d nodes", n, len(t.Threshold), len(t.MissingLeft),
			len(t.Left), len(t.Right))
	}
	if t.Cover != nil && len(t.Cover) != n {
		return fmt.Errorf("%d covers of %d nodes", len(t.Cover), n)
	}
	for i, c := range t.Cover {
		if !finite(c) || c < 0 {
			return fmt.Errorf("node %d: a cover of %g", i, c)
		}
	}
	size := 1
	if t.Output < 0 {
		size = outputs
	}
	if t.Output < -1 || int(t.Output) >= outputs {
		return fmt.Errorf("output %d of %d", t.Output, outputs)
	}
	hasParent := make([]bool, n)
	for i := range n {
		if t.Feature[i] < 0 {
			if t.Feature[i] != -1 || t.Left[i] < 0 || int(t.Left[i])+size > len(t.Leaf) {
				return fmt.Errorf("node %d: leaf %d outside %d values", i, t.Left[i], len(t.Leaf))
			}
			continue
		}
		if err := t.checkSplit(i, width); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
		for _, child := range [2]int32{t.Left[i], t.Right[i]} {
			if hasParent[child] {
				return fmt.Errorf("node %d: child %d has two parents", i, child)
			}
			hasParent[child] = true
		}
	}
	for i := 1; i < n; i++ {
		if !hasParent[i] {
			return fmt.Errorf("node %d has no parent", i)
		}
	}
	for _, v := range t.Leaf {
		if !finite(v) || unit && (v < 0 || v > 1) {
			return fmt.Errorf("a leaf holds %g", v)
		}
	}
	return nil
}

// checkSplit checks one branch. The children are indexes into arrays of n
// nodes, so they are bounded before anything reads them.
func (t *Tree) checkSplit(i, width int) error {
	n := len(t.Feature)
	if int(t.Feature[i]) >= width {
		return fmt.Errorf("feature %d of %d", t.Feature[i], width)
	}
	if !finite(t.Threshold[i]) {
		return fmt.Errorf("threshold %g", t.Threshold[i])
	}
	l, r := int(t.Left[i]), int(t.Right[i])
	if l <= i || r <= i || l >= n || r >= n {
		return fmt.Errorf("children %d and %d must be above it and below %d", l, r, n)
	}
	return nil
}

func allFinite(values []float64) bool {
	for _, v := range values {
		if !finite(v) {
			return false
		}
	}
	return true
}
