package forest

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram"
)

// grower grows one tree.
type grower struct {
	*data
	params
	random *rand.Rand

	rows    []int32 // the distinct rows drawn, those of each node together
	scratch []int32
	weight  []float64 // a row: times drawn, times its class's weight
	total   float64   // of the weights
	order   []int32   // features in the order drawn last
	sweep   sweep
	nodes   []*node
}

// node is a node of the growing tree.
type node struct {
	at, depth int
	from, to  int // in grower.rows
	best      split
	left      *node // nil at a leaf
	right     *node
	value     []float64 // at a leaf
	cover     float64   // weight of its rows
}

// Gain and Number make a node a candidate to split.
func (n *node) Gain() float64 { return n.best.gain }

// Number is the node's place in the tree.
func (n *node) Number() int { return n.at }

// newGrower draws the tree's rows. The order of the draws from random is part
// of the format of a seed: rows first, then features, node by node.
func newGrower(d *data, p params, random *rand.Rand) *grower {
	g := &grower{data: d, params: p, random: random, weight: make([]float64, len(d.y))}
	g.order = histogram.All(len(d.columns))
	g.draw()
	g.scratch = make([]int32, len(g.rows))
	g.sweep = newSweep(g)
	return g
}

// draw draws the tree's rows, with replacement where bootstrapped, and weighs
// them.
//
// A row that is drawn several times is kept once with a weight: the sums are
// the same, and a tree has some 63 % of the rows to look at.
func (g *grower) draw() {
	n := len(g.y)
	switch {
	case g.bootstrap:
		for range g.samples {
			g.weight[g.random.IntN(n)]++
		}
	default:
		for i := range g.weight {
			g.weight[i] = 1
		}
	}
	for i, w := range g.weight {
		if w > 0 {
			g.rows = append(g.rows, int32(i))
		}
	}
	weights := g.weights
	if g.balance == "balanced_subsample" {
		weights = g.subsampleWeights()
	}
	for _, r := range g.rows {
		if weights != nil {
			g.weight[r] *= weights[int(g.y[r])]
		}
		g.total += g.weight[r]
	}
}

// subsampleWeights balances the classes of the rows drawn, each as often as drawn.
func (g *grower) subsampleWeights() []float64 {
	var drawn []int32
	for _, r := range g.rows {
		for range int(g.weight[r]) {
			drawn = append(drawn, r)
		}
	}
	return histogram.ClassWeights(g.y, drawn, g.classes, true)
}

// grow grows the tree. A cancelled context leaves it unfinished.
//
// Nodes are split depth first, or by gain where the number of leaves is
// limited. The order changes which random features a node sees, not only the
// time.
func (g *grower) grow(ctx context.Context) model.Tree {
	open := &histogram.Frontier[*node]{ByGain: g.leaves > 0}
	leaves := 1
	g.add(open, 0, 0, len(g.rows))
	for open.Len() > 0 && (g.leaves == 0 || leaves < g.leaves) && ctx.Err() == nil {
		n := open.Pop()
		middle := g.partition(n)
		n.left = g.add(open, n.depth+1, n.from, middle)
		n.right = g.add(open, n.depth+1, middle, n.to)
		leaves++
	}
	for _, n := range slices.Backward(g.nodes) { // children before their parents
		if n.left == nil {
			n.value = g.leaf(n)
		} else {
			n.cover = n.left.cover + n.right.cover
		}
	}
	return g.model()
}

// add makes a node of the rows and opens it where it can be split.
//
// The limits on rows count distinct rows that were drawn, as scikit-learn's do.
// The slack of 1e-12 lets a split that gains exactly the least decrease pass in
// spite of rounding.
func (g *grower) add(open *histogram.Frontier[*node], depth, from, to int) *node {
	n := &node{at: len(g.nodes), depth: depth, from: from, to: to}
	g.nodes = append(g.nodes, n)
	size := to - from
	if g.depth > 0 && depth >= g.depth || size < g.minSplit || size < 2*g.minLeaf || g.pure(n) {
		return n
	}
	g.search(n)
	if n.best.found && n.best.gain/g.total >= g.least-1e-12 {
		open.Push(n)
	}
	return n
}

// pure reports whether all targets are equal, where no split can gain anything.
func (g *grower) pure(n *node) bool {
	first := g.y[g.rows[n.from]]
	for _, r := range g.rows[n.from+1 : n.to] {
		if g.y[r] != first {
			return false
		}
	}
	return true
}

// search finds the best split among features drawn at random. Constant features
// count as drawn, but drawing goes on until one is not, as in scikit-learn.
//
// g.order is shuffled further with each node and never reset: any permutation
// is as good a start for the next draw.
func (g *grower) search(n *node) {
	g.sweep.start(g.rows[n.from:n.to])
	usable := 0
	for drawn := range g.order {
		if drawn >= g.features && usable > 0 {
			return
		}
		other := drawn + g.random.IntN(len(g.order)-drawn)
		g.order[drawn], g.order[other] = g.order[other], g.order[drawn]
		f := g.order[drawn]
		if !g.sweep.feature(&g.columns[f]) {
			continue
		}
		usable++
		if s := g.sweep.best(); s.found && (!n.best.found || s.gain > n.best.gain) {
			s.feature = f
			n.best = s
		}
	}
}

// partition moves the rows of the node that go left before the others, both in
// their order, and returns where the others start.
func (g *grower) partition(n *node) int {
	rows, right := g.rows[n.from:n.to], g.scratch[:0]
	c := &g.columns[n.best.feature]
	missing := uint16(len(c.low))
	left := 0
	for _, r := range rows {
		code := c.codes[r]
		goes := int(code) <= n.best.code
		if code == missing {
			goes = n.best.missingLeft
		}
		if goes {
			rows[left] = r
			left++
		} else {
			right = append(right, r)
		}
	}
	copy(rows[left:], right)
	return n.from + left
}

// leaf returns the outputs of the node's rows: their mean, or the share of the
// second of two classes, or that of every class. It sets the node's cover.
func (g *grower) leaf(n *node) []float64 {
	out, total := make([]float64, g.outputs()), 0.0
	for _, r := range g.rows[n.from:n.to] {
		w := g.weight[r]
		total += w
		if g.scalar() {
			out[0] += w * g.y[r]
		} else {
			out[int(g.y[r])] += w
		}
	}
	for k := range out {
		out[k] = out[k]/total + g.mean
	}
	n.cover = total
	return out
}

// model lays the tree out. Nodes are numbered as they were added, so children
// follow their parents, as model.Tree wants.
func (g *grower) model() model.Tree {
	nodes := len(g.nodes)
	m := model.Tree{
		Feature: make([]int32, nodes), Threshold: make([]float64, nodes),
		MissingLeft: make([]bool, nodes), Left: make([]int32, nodes), Right: make([]int32, nodes),
		Cover: make([]float64, nodes),
	}
	if !g.scalar() {
		m.Output = -1
	}
	for i, n := range g.nodes {
		m.Cover[i] = n.cover
		if n.left == nil {
			m.Feature[i] = -1
			m.Left[i] = int32(len(m.Leaf))
			m.Leaf = append(m.Leaf, n.value...)
			continue
		}
		m.Feature[i] = n.best.feature
		m.Threshold[i] = n.best.threshold
		m.MissingLeft[i] = n.best.missingLeft
		m.Left[i], m.Right[i] = int32(n.left.at), int32(n.right.at)
	}
	return m
}
