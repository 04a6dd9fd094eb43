package onnx

import (
	"fmt"
	"slices"
)

// mode is how a branch compares, by TreeEnsemble's numbers.
type mode uint8

const (
	leq mode = iota
	lt
	gte
	gt
	eq
	neq
	member
	leaf
)

var modes = map[string]mode{"BRANCH_LEQ": leq, "BRANCH_LT": lt, "BRANCH_GTE": gte, "BRANCH_GT": gt, "BRANCH_EQ": eq,
	"BRANCH_NEQ": neq, "LEAF": leaf}

// branch is a node of a tree. Of a leaf, yes and no bound its weights.
type branch struct {
	value   float32
	feature int32
	yes, no int32
	set     int32 // of a member: its set
	mode    mode
	missing bool // a missing value takes the way of yes
}

// weight is what a leaf adds to one output.
type weight struct {
	output int32
	value  float32
}

// forest is an ensemble of trees.
type forest struct {
	nodes   []branch
	weights []weight
	roots   []int32
	sets    [][]float32 // sorted
	outputs int
	base    []float32 // nil, or one an output
}

// takes reports whether a number takes the way of yes, as ONNX Runtime decides.
func (f *forest) takes(n *branch, v float32) bool {
	ok := false
	switch n.mode {
	case leq:
		ok = v <= n.value
	case lt:
		ok = v < n.value
	case gte:
		ok = v >= n.value
	case gt:
		ok = v > n.value
	case eq:
		ok = v == n.value
	case neq:
		ok = v != n.value
	case member:
		_, ok = slices.BinarySearch(f.sets[n.set], v)
		ok = ok && v == v
	}
	return ok || v != v && n.missing
}

// leaf returns the weights of the leaf that a row ends in.
func (f *forest) leaf(root int32, row []float32) []weight {
	n := &f.nodes[root]
	for n.mode != leaf {
		v := row[n.feature]
		goes := n.mode == leq && v <= n.value
		if !goes && (n.mode != leq || v != v) {
			goes = f.takes(n, v)
		}
		if goes {
			n = &f.nodes[n.yes]
		} else {
			n = &f.nodes[n.no]
		}
	}
	return f.weights[n.yes:n.no]
}

// check makes sure that every root begins a tree over so many columns: that no
// node is reached twice, so that a walk always ends in a leaf.
func (f *forest) check(columns int) error {
	seen := make([]bool, len(f.nodes))
	var open []int32
	visit := func(at int32) error {
		if at < 0 || int(at) >= len(f.nodes) || seen[at] {
			return fmt.Errorf("its nodes do not form trees: node %d", at)
		}
		seen[at] = true
		open = append(open, at)
		return nil
	}
	for _, root := range f.roots {
		if err := visit(root); err != nil {
			return err
		}
		for len(open) > 0 {
			n := &f.nodes[open[len(open)-1]]
			open = open[:len(open)-1]
			if n.mode == leaf {
				continue
			}
			if n.feature < 0 || int(n.feature) >= columns {
				return fmt.Errorf("feature %d of %d", n.feature, columns)
			}
			if err := visit(n.yes); err != nil {
				return err
			}
			if err := visit(n.no); err != nil {
				return err
			}
		}
	}
	for _, w := range f.weights {
		if w.output < 0 || int(w.output) >= f.outputs {
			return fmt.Errorf("output %d of %d", w.output, f.outputs)
		}
	}
	return nil
}

// aggregates are how leaves of all trees become one number.
var aggregates = map[string]func(a, b float32) float32{
	"SUM": func(a, b float32) float32 { return a + b }, "AVERAGE": func(a, b float32) float32 { return a + b },
	"MIN": func(a, b float32) float32 { return min(a, b) }, "MAX": func(a, b float32) float32 { return max(a, b) },
}

// step adds a step that scores rows with a last touch of each; columns may be
// more than the outputs, for the touch to fill.
func (f *forest) step(c *compiler, v value, aggregate string, columns int, last func(row []float32)) (value, error) {
	join := aggregates[aggregate]
	if join == nil {
		return v, unsupported("aggregate_function %q", aggregate)
	}
	if err := f.check(v.columns()); err != nil {
		return v, err
	}
	out, err := c.value(float, columns)
	if err != nil {
		return out, err
	}
	width := v.columns()
	plain := aggregate == "SUM" || aggregate == "AVERAGE"
	has := func(first bool, a, b float32) float32 {
		if first {
			return b
		}
		return join(a, b)
	}
	c.do(func(s *State, rows int) {
		clear(s.floats[out.at][:rows*columns])
		for t, root := range f.roots { // tree by tree, which stays in the cache
			for r := range rows {
				to := s.floats[out.at][r*columns : (r+1)*columns]
				for _, w := range f.leaf(root, s.floats[v.at][r*width:(r+1)*width]) {
					if plain {
						to[w.output] += w.value
					} else {
						to[w.output] = has(t == 0, to[w.output], w.value)
					}
				}
			}
		}
		for r := range rows {
			to := s.floats[out.at][r*columns : (r+1)*columns]
			for k := range f.outputs {
				if aggregate == "AVERAGE" {
					to[k] /= float32(len(f.roots))
				}
				if f.base != nil {
					to[k] += f.base[k]
				}
			}
			last(to)
		}
	})
	return out, nil
}
