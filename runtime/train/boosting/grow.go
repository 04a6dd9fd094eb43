package boosting

import (
	"context"

	"github.com/ashlar-dev/ashlar/runtime/train/histogram"
)

// serial is the amount of work, in rows times features, below which a second
// goroutine costs more than it saves.
const serial = 1 << 16

// grower grows trees one after the other over the same bins, and keeps its
// buffers from tree to tree.
type grower struct {
	params
	bins    *histogram.Bins
	workers int

	train   []int32 // the training rows
	rows    []int32 // the same, those of each node together and ascending
	scratch []int32
	lanes   [][]histogram.Lane // a worker
	partial [][]histogram.Cell // a worker but the first
	free    [][]histogram.Cell // node histograms to use again
	splits  []split            // a feature, of the two children: best so far

	gradients *histogram.Gradients
	tree      *tree
	leafs     []*node
}

// node is a leaf of the growing tree.
type node struct {
	at                int // in the tree
	from, to          int // in grower.rows
	depth             int
	gradient, hessian int64
	cells             []histogram.Cell // nil where the node is never split
	best              split
}

func newGrower(bins *histogram.Bins, p params, train []int32, workers int) *grower {
	g := &grower{
		params: p, bins: bins, workers: histogram.Workers(workers), train: train,
		rows: make([]int32, len(train)), scratch: make([]int32, len(train)),
		splits: make([]split, 2*bins.Features),
	}
	g.lanes = make([][]histogram.Lane, g.workers)
	g.partial = make([][]histogram.Cell, g.workers)
	for w := range g.workers {
		g.lanes[w] = make([]histogram.Lane, bins.Features)
		g.partial[w] = make([]histogram.Cell, bins.Cells)
	}
	return g
}

// grow grows one tree on the gradients. Without a limit of leaves the order of
// splits changes nothing, and depth first keeps few histograms alive; with one,
// the leaf that gains most is split next.
func (g *grower) grow(ctx context.Context, gradients *histogram.Gradients) (*tree, error) {
	g.gradients, g.tree, g.leafs = gradients, &tree{}, g.leafs[:0]
	copy(g.rows, g.train)
	open := &histogram.Frontier[*node]{ByGain: g.leaves > 0}
	g.settle(open, g.root())
	for open.Len() > 0 && (g.leaves == 0 || len(g.leafs)+open.Len() < g.leaves) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		left, right := g.split(open.Pop())
		g.settle(open, left)
		g.settle(open, right)
	}
	g.leafs = append(g.leafs, open.Leaves...)
	for _, n := range g.leafs {
		g.release(n)
		g.tree.value[n.at] = g.value(n)
	}
	return g.tree, nil
}

// Gain and Number make a node a candidate to split.
func (n *node) Gain() float64 { return n.best.gain }

// Number is the node's place in the tree.
func (n *node) Number() int { return n.at }

// settle puts a new node where it belongs: among those to split, or the leaves.
func (g *grower) settle(open *histogram.Frontier[*node], n *node) {
	if n.best.gain > 0 {
		open.Push(n)
		return
	}
	g.release(n)
	g.leafs = append(g.leafs, n)
}

// value is the step that makes the loss of the leaf's rows least, shortened by
// the learning rate.
func (g *grower) value(n *node) float64 {
	gradient := float64(n.gradient) * g.gradients.Gradient
	hessian := float64(n.hessian) * g.gradients.Hessian
	return -g.rate * gradient / (hessian + g.l2)
}

func (g *grower) root() *node {
	n := &node{at: g.tree.add(), to: len(g.rows)}
	n.cells = g.cells()
	g.sum(n)
	for _, c := range n.cells[:g.bins.Missing(0)+1] {
		n.gradient += c.Gradient
		n.hessian += c.Hessian
	}
	if g.splittable(n) {
		g.search(n)
	}
	return n
}

// split replaces a node by its two children and searches their best splits. The
// histogram of the child with fewer rows is summed up, the other's is what is
// then left of the parent's.
func (g *grower) split(n *node) (left, right *node) {
	s := n.best
	middle := g.partition(n)
	l, r := g.tree.split(n.at, s)
	left = &node{at: l, from: n.from, to: middle, depth: n.depth + 1, gradient: s.gradient, hessian: s.hessian}
	right = &node{at: r, from: middle, to: n.to, depth: n.depth + 1, gradient: n.gradient - s.gradient, hessian: n.hessian - s.hessian}
	small, large := left, right
	if right.to-right.from < left.to-left.from {
		small, large = right, left
	}
	switch deep, wide := g.splittable(small), g.splittable(large); {
	case deep || wide:
		small.cells, large.cells = g.cells(), n.cells
		n.cells = nil
		g.sum(small)
		g.searchBoth(small, large, deep, wide)
	default:
		g.release(n)
	}
	return left, right
}

// splittable says whether the node may have children at all.
func (g *grower) splittable(n *node) bool {
	return (g.depth == 0 || n.depth < g.depth) && n.to-n.from >= 2*g.minLeaf
}

func (g *grower) cells() []histogram.Cell {
	if last := len(g.free) - 1; last >= 0 {
		cells := g.free[last]
		g.free = g.free[:last]
		return cells
	}
	return make([]histogram.Cell, g.bins.Cells)
}

func (g *grower) release(n *node) {
	if n.cells != nil {
		g.free = append(g.free, n.cells)
		n.cells = nil
	}
}

// sum fills in the node's histogram.
func (g *grower) sum(n *node) {
	rows := g.rows[n.from:n.to]
	clear(n.cells)
	if len(rows)*g.bins.Features < serial || g.workers == 1 {
		g.bins.Sum(n.cells, g.lanes[0], rows, g.gradients)
		return
	}
	used := min(g.workers, len(rows))
	histogram.Spans(g.workers, len(rows), func(w, from, to int) {
		cells := n.cells
		if w > 0 {
			cells = g.partial[w]
			clear(cells)
		}
		g.bins.Sum(cells, g.lanes[w], rows[from:to], g.gradients)
	})
	histogram.Spans(g.workers, len(n.cells), func(_, from, to int) {
		for _, part := range g.partial[1:used] {
			for i := from; i < to; i++ {
				n.cells[i].Gradient += part[i].Gradient
				n.cells[i].Hessian += part[i].Hessian
			}
		}
	})
}
