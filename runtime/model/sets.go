package model

import (
	"errors"
	"fmt"
	"math"
)

// Set is a set of numbers for splits by categories: of the intervals between its
// bounds, which ascend, every second belongs to it. A value is in the set where
// the number of bounds that are less than it is odd.
//
// Bounds rather than bits, since libraries differ in how they take a number for
// a category (cut off, or rounded to 32 bits first), and bounds say so exactly.
type Set []float64

// Has reports whether the set has the value; it never has NaN.
func (s Set) Has(v float64) bool {
	if v != v {
		return false
	}
	low, high := 0, len(s)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if s[middle] < v {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low&1 == 1
}

// check wants bounds that ascend, in pairs.
func (s Set) check() error {
	if len(s)%2 != 0 {
		return fmt.Errorf("%d bounds, which do not go in pairs", len(s))
	}
	for i, v := range s {
		if !finite(v) || i > 0 && s[i-1] >= v {
			return fmt.Errorf("bound %d is %g: bounds are finite and ascend", i, v)
		}
	}
	return nil
}

// checkSets wants each split by categories to be by a set that is there.
func (t *Tree) checkSets(sets int) error {
	if t.Set == nil {
		return nil
	}
	if len(t.Set) != len(t.Feature) {
		return fmt.Errorf("%d sets of %d nodes", len(t.Set), len(t.Feature))
	}
	for i, k := range t.Set {
		if k < -1 || int(k) >= sets || k >= 0 && t.Feature[i] < 0 {
			return fmt.Errorf("node %d: set %d of %d", i, k, sets)
		}
	}
	return nil
}

// checkSets checks the sets of all trees.
func (e *Ensemble) checkSets() error {
	for k, s := range e.Sets {
		if err := s.check(); err != nil {
			return fmt.Errorf("estimator: set %d: %w", k, err)
		}
	}
	for i := range e.Trees {
		t := &e.Trees[i]
		if err := t.checkSets(len(e.Sets)); err != nil {
			return fmt.Errorf("estimator: tree %d: %w", i, err)
		}
		if (t.Set != nil) != (len(e.Sets) > 0) {
			return errors.New("estimator: either all trees say where they split by categories or none")
		}
	}
	return nil
}

// goesLeft reports whether a value takes the left way at a branch; NaN is missing.
func (t *Tree) goesLeft(node int32, v float64, sets []Set) bool {
	if v != v {
		return t.MissingLeft[node]
	}
	if t.Set != nil && t.Set[node] >= 0 {
		return sets[t.Set[node]].Has(v)
	}
	return v <= t.Threshold[node]
}

// setEngine scores an ensemble with splits by categories. It asks at each node
// what kind of split it is, for which forestEngine is too plain: its slots hold
// keys of numbers, and a number is not known from its key as fast.
type setEngine struct {
	*Ensemble
	width int
}

func (e *setEngine) slot(v float64) uint64 { return math.Float64bits(v) }

// score sums up the leaves in the trees' order, as forestEngine does.
func (e *setEngine) score(rows []uint64, n int, acc []float64) {
	for r := range n {
		row, out := rows[r*e.width:(r+1)*e.width], acc[r*e.Outputs:(r+1)*e.Outputs]
		clear(out)
		if !e.Average {
			copy(out, e.Base)
		}
		for i := range e.Trees {
			t := &e.Trees[i]
			leaf := t.leaf(row, e.Sets)
			if t.Output >= 0 {
				out[t.Output] += t.Leaf[leaf]
				continue
			}
			for k, v := range t.Leaf[leaf : leaf+e.Outputs] {
				out[k] += v
			}
		}
		if e.Average {
			for k := range out {
				out[k] /= float64(len(e.Trees))
			}
		}
	}
}

// leaf returns where the values of the leaf are that the row ends in.
func (t *Tree) leaf(row []uint64, sets []Set) int {
	at := int32(0)
	for t.Feature[at] >= 0 {
		if t.goesLeft(at, math.Float64frombits(row[t.Feature[at]]), sets) {
			at = t.Left[at]
		} else {
			at = t.Right[at]
		}
	}
	return int(t.Left[at])
}
