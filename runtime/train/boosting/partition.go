package boosting

import "github.com/ashlar-dev/ashlar/runtime/train/histogram"

// partition moves the rows of the node that go left before the others, both in
// their order, and returns where the others start.
func (g *grower) partition(n *node) int {
	rows, scratch := g.rows[n.from:n.to], g.scratch[n.from:n.to]
	left := n.best.sides(g.bins)
	codes := g.bins.Columns[n.best.feature]
	workers := g.workers
	if len(rows) < serial/8 {
		workers = 1
	}
	workers = min(workers, len(rows))
	spans := make([]struct{ from, to, left int }, workers)
	histogram.Spans(workers, len(rows), func(w, from, to int) {
		spans[w].from, spans[w].to = from, to
		spans[w].left = part(rows[from:to], scratch[from:to], codes, left)
	})
	middle := 0
	for _, s := range spans {
		middle += s.left
	}
	histogram.Each(workers, workers, func(w int) {
		l, r := 0, middle
		for _, s := range spans[:w] {
			l += s.left
			r += s.to - s.from - s.left
		}
		s := spans[w]
		copy(rows[l:], scratch[s.from:s.from+s.left])
		reverse(rows[r:r+s.to-s.from-s.left], scratch[s.from+s.left:s.to])
	})
	return n.from + middle
}

// part writes the rows that go left to the front of out and the others, last
// first, to its end, and returns how many go left. It has no branch on the data.
func part(rows, out []int32, codes []uint8, left *[256]uint8) int {
	l, r := 0, len(out)-1
	for _, row := range rows {
		goes := int(left[codes[row]])
		out[l] = row
		out[r] = row
		l += goes
		r += goes - 1
	}
	return l
}

func reverse(to, from []int32) {
	for i, v := range from {
		to[len(from)-1-i] = v
	}
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
	histogram.Each(g.workers, len(g.leafs), func(i int) {
		n := g.leafs[i]
		value := g.tree.value[n.at]
		for _, r := range g.rows[n.from:n.to] {
			score[r] += value
		}
	})
}

// route adds the leaf values of rows outside of training to their scores.
func (g *grower) route(t *tree, rows []int32, score []float64) {
	histogram.Spans(g.workers, len(rows), func(_, from, to int) {
		for _, r := range rows[from:to] {
			score[r] += t.value[t.leaf(g.bins, int(r))]
		}
	})
}
