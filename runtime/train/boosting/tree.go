package boosting

import (
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram"
)

// tree is a tree over codes; nodes are numbered as they come up, so that
// children follow their parent.
type tree struct {
	output int
	splits []split // gain 0 at a leaf
	left   []int32 // the right child is the next node
	value  []float64
	rows   []int32 // of the training part that reach the node
}

// add appends a leaf and returns its number.
func (t *tree) add() int {
	t.splits = append(t.splits, split{})
	t.left = append(t.left, 0)
	t.value = append(t.value, 0)
	t.rows = append(t.rows, 0)
	return len(t.splits) - 1
}

// split makes the leaf a branch and returns its children.
func (t *tree) split(at int, s split) (left, right int) {
	t.splits[at] = s
	t.left[at] = int32(t.add())
	return int(t.left[at]), t.add()
}

// leaf returns the leaf that a row ends in.
//
// No child has number 0, which is the root, so a left child of 0 marks a leaf.
func (t *tree) leaf(bins *histogram.Bins, row int) int {
	at := 0
	for t.left[at] != 0 {
		s := &t.splits[at]
		code := int(bins.Columns[s.feature][row])
		goes := code <= s.code
		if code == bins.Missing(s.feature) {
			goes = s.missingLeft
		}
		at = int(t.left[at])
		if !goes {
			at++
		}
	}
	return at
}

// model returns the tree over values.
//
// Codes become thresholds of values here, so the model needs no bins.
// Thresholds part values exactly as codes do; see histogram.Bins.Threshold.
func (t *tree) model(bins *histogram.Bins) model.Tree {
	nodes := len(t.splits)
	m := model.Tree{
		Output: int32(t.output), Feature: make([]int32, nodes), Threshold: make([]float64, nodes),
		MissingLeft: make([]bool, nodes), Left: make([]int32, nodes), Right: make([]int32, nodes),
		Cover: make([]float64, nodes),
	}
	for i, n := range t.rows {
		m.Cover[i] = float64(n)
	}
	for i, s := range t.splits {
		if t.left[i] == 0 {
			m.Feature[i] = -1
			m.Left[i] = int32(len(m.Leaf))
			m.Leaf = append(m.Leaf, t.value[i])
			continue
		}
		m.Feature[i] = int32(s.feature)
		m.Threshold[i] = bins.Threshold(s.feature, s.code)
		m.MissingLeft[i] = s.missingLeft
		m.Left[i], m.Right[i] = t.left[i], t.left[i]+1
	}
	return m
}
