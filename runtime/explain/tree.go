package explain

import (
	"fmt"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// MaxDepth bounds the trees that are explained, and so a worker's memory. A
// trained tree is far below; a file may claim anything.
const MaxDepth = 1024

// tree is one tree laid out for walk: nodes in the order in which a walk through
// all of them comes by, left before right.
type tree struct {
	nodes  []node
	leaves []float64
	sets   []model.Set // that nodes split by
	output int         // that its leaves add to; -1: each leaf has a value an output
	rule   *rule
	depth  int
}

// node is a node and the edge that leads to it. The edge's column is the one
// that its parent splits on.
type node struct {
	threshold float64
	// ratio is the share of the parent's training rows that went this way, and
	// share the product of the ratios on the same column from the root to here.
	ratio, share float64
	column       int32  // that the node splits on; at a leaf -1
	leaf         uint32 // at a leaf: where its values are; at a split by categories: its set and 1; else 0
	depth        uint16
	// above is the depth of the node before on this path whose edge has the same
	// column; 0: none.
	above uint16
	// ends is, at a leaf, how many nodes of the path have no more nodes below
	// them after it, the leaf among them.
	ends        uint16
	right       bool // the node is its parent's right child
	missingLeft bool
}

// rule is a Gauss-Legendre rule on [0, 1]. With n points it integrates
// polynomials of degree 2n-1 exactly.
type rule struct {
	at     []float64
	rest   []float64 // 1 - at
	weight []float64
	cold   []float64 // weight / rest
}

// rules are shared by the trees that need as many points.
type rules map[int]*rule

func (all rules) of(points int) *rule {
	if r := all[points]; r != nil {
		return r
	}
	r := &rule{at: make([]float64, points), rest: make([]float64, points), weight: make([]float64, points),
		cold: make([]float64, points)}
	quad.Legendre{}.FixedLocations(r.at, r.weight, 0, 1)
	for k, t := range r.at {
		r.rest[k] = 1 - t
		r.cold[k] = r.weight[k] / r.rest[k]
	}
	all[points] = r
	return r
}

// frame is a node of the model's tree on the way through it.
type frame struct {
	at    int32
	depth int
	right bool
}

// prepare lays a tree out. Its error says that it is too deep.
//
// A share that is above 1, which counts in files that were rounded can give, is
// taken as 1; where nobody came by, both ways are as likely.
func prepare(t *model.Tree, sets []model.Set, all rules) (tree, error) {
	out := tree{nodes: make([]node, 0, len(t.Feature)), leaves: t.Leaf, sets: sets, output: int(t.Output)}
	path := make([]int32, 1, 16)   // nodes of out, by depth
	parent := make([]int32, 1, 16) // nodes of t, by depth
	last := map[int32]uint16{}     // column -> depth of the last node above that it led to
	distinct, most := 0, 0
	stack := []frame{{at: 0}}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if f.depth > MaxDepth {
			return out, fmt.Errorf("is deeper than %d; limit max_depth", MaxDepth)
		}
		for d := len(path) - 1; d >= f.depth && d > 0; d-- { // nodes that f is not below
			n := &out.nodes[path[d]]
			column := out.nodes[path[d-1]].column
			if last[column] = n.above; n.above == 0 {
				distinct--
			}
		}
		path, parent = path[:f.depth], parent[:f.depth]
		n := node{column: t.Feature[f.at], depth: uint16(f.depth), right: f.right, ratio: 1, share: 1}
		if f.depth > 0 {
			column := out.nodes[path[f.depth-1]].column
			n.ratio = share(t.Cover[f.at], t.Cover[parent[f.depth-1]])
			n.share, n.above = n.ratio, last[column]
			if n.above > 0 {
				n.share *= out.nodes[path[n.above]].share
			} else {
				distinct++
			}
			last[column] = n.depth
		}
		path, parent = append(path, int32(len(out.nodes))), append(parent, f.at)
		most, out.depth = max(most, distinct), max(out.depth, f.depth)
		if n.column < 0 {
			n.leaf = uint32(t.Left[f.at])
			n.ends = uint16(f.depth) // until the next node says how far up the walk goes
			if len(stack) > 0 {
				n.ends = uint16(f.depth - stack[len(stack)-1].depth + 1)
			}
		} else {
			n.threshold, n.missingLeft = t.Threshold[f.at], t.MissingLeft[f.at]
			if t.Set != nil {
				n.leaf = uint32(t.Set[f.at] + 1)
			}
			stack = append(stack, frame{t.Right[f.at], f.depth + 1, true}, frame{t.Left[f.at], f.depth + 1, false})
		}
		out.nodes = append(out.nodes, n)
	}
	out.rule = all.of(max(1, (most+1)/2))
	return out, nil
}

func share(child, parent float64) float64 {
	if parent <= 0 {
		return 0.5
	}
	return min(1, child/parent)
}

// base is the mean leaf, weighed by the shares of the training rows.
func (t *tree) base(output int) float64 {
	reach := make([]float64, t.depth+1)
	sum := 0.0
	for i := range t.nodes {
		n := &t.nodes[i]
		reach[n.depth] = n.ratio
		if n.depth > 0 {
			reach[n.depth] *= reach[n.depth-1]
		}
		if n.column < 0 {
			sum += reach[n.depth] * t.value(n, output)
		}
	}
	return sum
}

// value is what a leaf adds to the output.
func (t *tree) value(n *node, output int) float64 {
	if t.output < 0 {
		return t.leaves[int(n.leaf)+output]
	}
	return t.leaves[n.leaf]
}
