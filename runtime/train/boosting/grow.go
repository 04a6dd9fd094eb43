package boosting

import (
	"context"
	"math"

	"github.com/ashlar-dev/ashlar/runtime/train/histogram"
)

// serial is the amount of work, in rows times features, below which a second
// goroutine costs more than it saves.
const serial = 1 << 16

// block is how many rows in a row belong to one worker. Workers own blocks in
// turn, so that even data sorted by time or by feature keeps all of them busy.
const block = 1024

// grower grows trees one after the other over the same bins, and keeps its
// buffers from tree to tree.
//
// Every worker owns some of the training rows for good, and partitions and sums
// up only those: nothing has to be put in order across workers, and its rows
// stay in its cache.
type grower struct {
	params
	bounded bool // the loss is a classification's: see step
	bins    *histogram.Bins
	crew    []*worker
	free    [][]histogram.Cell // node histograms to use again
	splits  []split            // a feature, of the two children: best so far

	gradients *histogram.Gradients
	tree      *tree
	leafs     []*node
}

// worker is one worker's rows and its part of the sums.
type worker struct {
	train   []int32 // its training rows
	rows    []int32 // the same, those of each node together and ascending
	scratch []int32
	lanes   []histogram.Lane
	cells   []histogram.Cell
}

// node is a leaf of the growing tree.
type node struct {
	at                int    // in the tree
	spans             []span // in each worker's rows
	rows              int    // in all
	depth             int
	gradient, hessian int64
	cells             []histogram.Cell // nil where the node is never split
	best              split
}

type span struct{ from, to int }

// The number of workers is limited by the work: with few rows, several would
// only wait for each other. What the trees are does not depend on it, as sums
// are of integers.
func newGrower(bins *histogram.Bins, p params, train []int32, workers int) *grower {
	g := &grower{params: p, bins: bins, splits: make([]split, 2*bins.Features)}
	size := min(histogram.Workers(workers), 1+len(train)*bins.Features/serial)
	for range size {
		g.crew = append(g.crew, &worker{
			lanes: make([]histogram.Lane, bins.Features),
			cells: make([]histogram.Cell, bins.Cells),
		})
	}
	for _, r := range train {
		w := g.crew[int(r)/block%size]
		w.train = append(w.train, r)
	}
	for _, w := range g.crew {
		w.rows, w.scratch = make([]int32, len(w.train)), make([]int32, len(w.train))
	}
	return g
}

// grow grows one tree on the gradients. Without a limit of leaves the order of
// splits changes nothing, and depth first keeps few histograms alive; with one,
// the leaf that gains most is split next.
func (g *grower) grow(ctx context.Context, gradients *histogram.Gradients) (*tree, error) {
	g.gradients, g.tree, g.leafs = gradients, &tree{}, g.leafs[:0]
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

// value is the step that makes the loss of the leaf's rows least, as far as it is
// to be believed, shortened by the learning rate.
func (g *grower) value(n *node) float64 {
	gradient := float64(n.gradient) * g.gradients.Gradient
	hessian := float64(n.hessian) * g.gradients.Hessian
	value, _ := step(math.Abs(gradient), hessian+g.l2, g.bounded)
	return -g.rate * math.Copysign(value, gradient)
}

// root makes the node of all training rows. Its sums are those of the first
// feature's cells, since every feature's cells add up to the same.
func (g *grower) root() *node {
	n := &node{at: g.tree.add()}
	for _, w := range g.crew {
		copy(w.rows, w.train)
		n.spans = append(n.spans, span{0, len(w.rows)})
		n.rows += len(w.rows)
	}
	g.tree.rows[n.at] = int32(n.rows)
	n.cells = g.cells()
	g.together(n, func(i int) { g.sum(i, n) })
	g.each(func(f int) { g.merge(n, f) })
	for _, c := range n.cells[:g.bins.Missing(0)+1] {
		n.gradient += c.Gradient
		n.hessian += c.Hessian
	}
	if g.splittable(n) {
		g.each(func(f int) { g.splits[f] = g.feature(n, f, nil) })
		g.choose(n, g.splits[:g.bins.Features])
	}
	return n
}

// split replaces a node by its two children and searches their best splits. The
// histogram of the child with less weight is summed up, the other's is what is
// then left of the parent's.
func (g *grower) split(n *node) (left, right *node) {
	s := n.best
	l, r := g.tree.split(n.at, s)
	left = &node{at: l, spans: make([]span, len(g.crew)), depth: n.depth + 1, gradient: s.gradient, hessian: s.hessian}
	right = &node{at: r, spans: make([]span, len(g.crew)), depth: n.depth + 1, gradient: n.gradient - s.gradient,
		hessian: n.hessian - s.hessian}
	small, large := left, right
	// Hessians bound the number of rows well enough to choose the cheaper
	// child; the numbers of rows are known only after the partition.
	if right.hessian < left.hessian {
		small, large = right, left
	}
	// Where not even the larger child can be split, nothing is summed up. Each
	// has min_samples_leaf rows.
	last := g.depth > 0 && left.depth >= g.depth || n.rows < 3*g.minLeaf
	if !last {
		// The parent's cells become the large child's: searchBoth subtracts the
		// small child's from them.
		small.cells, large.cells = g.cells(), n.cells
		n.cells = nil
	}
	sides := s.sides(g.bins)
	// Each worker partitions and sums its own rows in one go, without waiting
	// for the others in between.
	g.together(n, func(i int) {
		g.crew[i].partition(i, n, left, right, g.bins.Columns[s.feature], sides)
		if !last {
			g.sum(i, small)
		}
	})
	for i := range g.crew {
		left.rows += left.spans[i].to - left.spans[i].from
	}
	right.rows = n.rows - left.rows
	g.tree.rows[l], g.tree.rows[r] = int32(left.rows), int32(right.rows)
	g.release(n)
	if !last {
		g.searchBoth(small, large)
	}
	return left, right
}

// splittable says whether the node may have children at all.
func (g *grower) splittable(n *node) bool {
	return (g.depth == 0 || n.depth < g.depth) && n.rows >= 2*g.minLeaf
}

// cells returns a node's histogram, one that was released where there is one.
// Its contents are arbitrary: sum clears it.
func (g *grower) cells() []histogram.Cell {
	if last := len(g.free) - 1; last >= 0 {
		cells := g.free[last]
		g.free = g.free[:last]
		return cells
	}
	return make([]histogram.Cell, g.bins.Cells)
}

// release gives a node's histogram back. It may be called again for the same
// node.
func (g *grower) release(n *node) {
	if n.cells != nil {
		g.free = append(g.free, n.cells)
		n.cells = nil
	}
}

// alone says whether one goroutine does a node's work best.
func (g *grower) alone(n *node) bool { return len(g.crew) == 1 || n.rows*g.bins.Features < serial }

// together calls do for every worker of the crew, at once where the node is
// large enough.
func (g *grower) together(n *node, do func(i int)) {
	workers := len(g.crew)
	if g.alone(n) {
		workers = 1
	}
	histogram.Each(workers, len(g.crew), do)
}

// sum adds up the gradients of the node's rows that worker i owns. The first
// worker uses the node's own cells.
func (g *grower) sum(i int, n *node) {
	w := g.crew[i]
	cells := w.cells
	if i == 0 {
		cells = n.cells
	}
	clear(cells)
	g.bins.Sum(cells, w.lanes, w.rows[n.spans[i].from:n.spans[i].to], g.gradients)
}

// merge adds the other workers' sums of one feature to the node's.
func (g *grower) merge(n *node, f int) {
	from, to := g.bins.Offset[f], g.bins.Offset[f]+g.bins.Missing(f)+1
	cells := n.cells[from:to]
	for _, w := range g.crew[1:] {
		for i, c := range w.cells[from:to] {
			cells[i].Gradient += c.Gradient
			cells[i].Hessian += c.Hessian
		}
	}
}
