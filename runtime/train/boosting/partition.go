package boosting

import "github.com/ashlar-dev/ashlar/runtime/train/histogram"

// partition moves those of worker i's rows of the node that go left before the
// others, both in their order, and tells the children where their rows are.
func (w *worker) partition(i int, n, left, right *node, codes []uint8, sides *[256]uint8) {
	from, to := n.spans[i].from, n.spans[i].to
	middle := from + part(w.rows[from:to], w.scratch, codes, sides)
	left.spans[i], right.spans[i] = span{from, middle}, span{middle, to}
}

// part moves the rows that go left before the others, which pass through
// scratch, and returns how many they are. It has no branch on the data.
//
// Writing to both places and advancing only one costs less than a branch that
// is mispredicted half of the time. The order of rows is kept, which keeps
// memory accesses ascending down the tree.
func part(rows, scratch []int32, codes []uint8, sides *[256]uint8) int {
	scratch = scratch[:len(rows)]
	l, r := 0, 0
	for _, row := range rows {
		goes := int(sides[codes[row]])
		rows[l] = row // never ahead of the row read
		scratch[r] = row
		l += goes
		r += 1 - goes
	}
	copy(rows[l:], scratch[:r])
	return l
}

// sides returns 1 for each code that goes left.
func (s split) sides(bins *histogram.Bins) *[256]uint8 {
	var left [256]uint8
	for c := range s.code + 1 {
		left[c] = 1
	}
	left[bins.Missing(s.feature)] = 0
	if s.missingLeft {
		left[bins.Missing(s.feature)] = 1
	}
	return &left
}

// addTo adds each training row's leaf value to its score, by the partition that
// growing the tree left behind.
func (g *grower) addTo(score []float64) {
	histogram.Each(len(g.crew), len(g.crew), func(i int) {
		for _, n := range g.leafs {
			value := g.tree.value[n.at]
			for _, r := range g.crew[i].rows[n.spans[i].from:n.spans[i].to] {
				score[r] += value
			}
		}
	})
}

// route adds the leaf values of rows outside of training to their scores.
func (g *grower) route(t *tree, rows []int32, score []float64) {
	histogram.Spans(len(g.crew), len(rows), func(_, from, to int) {
		for _, r := range rows[from:to] {
			score[r] += t.value[t.leaf(g.bins, int(r))]
		}
	})
}
