package model

import "math"

// forestEngine scores an ensemble.
type forestEngine struct {
	nodes   []node
	roots   []uint32 // one a tree
	target  []int32  // output that a tree's leaves add to; -1: leaves hold all outputs
	leaves  []float64
	base    []float64
	average bool
	width   int
	outputs int
}

// slotKey tells slots apart: missing values go left where they are -Inf and
// right where they are +Inf, so no step asks whether a value is missing.
type slotKey struct {
	column      int32
	missingLeft bool
}

// compileForest lays the trees out. The ensemble has been checked.
//
// It returns the engine and the slots that it reads, in the order in which
// trees first ask for them. A column that is split with missing values on both
// sides has two slots. Leaves of all trees lie in one array.
func compileForest(e *Ensemble, columns []slot) (*forestEngine, []slot) {
	total, leaves := 0, 0
	for i := range e.Trees {
		total += len(e.Trees[i].Feature)
		leaves += len(e.Trees[i].Leaf)
	}
	out := &forestEngine{
		nodes:   make([]node, 0, total),
		roots:   make([]uint32, len(e.Trees)),
		target:  make([]int32, len(e.Trees)),
		leaves:  make([]float64, 0, leaves),
		base:    e.Base,
		average: e.Average,
		outputs: e.Outputs,
	}
	l := layout{engine: out, columns: columns, index: make(map[slotKey]uint32)}
	for i := range e.Trees {
		out.roots[i] = uint32(len(out.nodes))
		out.target[i] = e.Trees[i].Output
		l.tree(&e.Trees[i])
	}
	if len(l.slots) == 0 { // no tree splits; leaves still read a slot
		l.slots = append(l.slots, columns[0])
	}
	out.width = len(l.slots)
	return out, l.slots
}

// layout numbers slots and places nodes.
type layout struct {
	engine  *forestEngine
	columns []slot
	slots   []slot
	index   map[slotKey]uint32
}

// tree places one tree in preorder of pairs: a node's children, then the left
// child's whole subtree.
//
// A branch's children are appended as a pair before either is filled in, so
// that they are neighbours, as walk needs them. A leaf's threshold holds the
// offset of its values within all leaves.
func (l *layout) tree(t *Tree) {
	type task struct {
		from int32
		to   uint32
	}
	e := l.engine
	base := uint64(len(e.leaves))
	e.leaves = append(e.leaves, t.Leaf...)
	root := uint32(len(e.nodes))
	e.nodes = append(e.nodes, node{})
	stack := []task{{0, root}}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if t.Feature[at.from] < 0 {
			e.nodes[at.to] = node{threshold: leafBits | (base + uint64(t.Left[at.from])), child: at.to}
			continue
		}
		child := uint32(len(e.nodes))
		e.nodes = append(e.nodes, node{}, node{})
		e.nodes[at.to] = node{
			threshold: orderKey(t.Threshold[at.from]),
			child:     child,
			slot:      l.slot(slotKey{t.Feature[at.from], t.MissingLeft[at.from]}),
		}
		stack = append(stack, task{t.Right[at.from], child + 1}, task{t.Left[at.from], child})
	}
}

// slot returns the number of the column's slot for that direction of missing
// values, adding it where it is new.
func (l *layout) slot(k slotKey) uint32 {
	if i, ok := l.index[k]; ok {
		return i
	}
	s := l.columns[k.column]
	s.missing = math.Inf(1)
	if k.missingLeft {
		s.missing = math.Inf(-1)
	}
	i := uint32(len(l.slots))
	l.slots = append(l.slots, s)
	l.index[k] = i
	return i
}

func (e *forestEngine) slot(v float64) uint64 { return orderKey(v) }

// score walks four rows through a tree at a time, tree by tree, so that a tree
// stays in the cache while a block of rows passes; single rows go through four
// trees at a time. Either way a row's leaves are added in the trees' order.
//
// acc need not be cleared before. Averages are divided once at the end, not
// leaf by leaf. The sum of a row does not depend on how many rows are scored
// with it, so single rows and batches agree bit for bit.
func (e *forestEngine) score(rows []uint64, n int, acc []float64) {
	for r := range n {
		if e.average {
			clear(acc[r*e.outputs : (r+1)*e.outputs])
		} else {
			copy(acc[r*e.outputs:(r+1)*e.outputs], e.base)
		}
	}
	fours := n &^ 3
	for t, root := range e.roots {
		for r := 0; r < fours; r += 4 {
			l0, l1, l2, l3 := walk(e.nodes, root, root, root, root, rows[r*e.width:(r+4)*e.width], e.width)
			e.add(t, l0, acc[r*e.outputs:])
			e.add(t, l1, acc[(r+1)*e.outputs:])
			e.add(t, l2, acc[(r+2)*e.outputs:])
			e.add(t, l3, acc[(r+3)*e.outputs:])
		}
	}
	for r := fours; r < n; r++ {
		e.scoreRow(rows[r*e.width:(r+1)*e.width], acc[r*e.outputs:])
	}
	if e.average {
		count := float64(len(e.roots))
		for i := range acc[:n*e.outputs] {
			acc[i] /= count
		}
	}
}

// add adds a leaf of tree t to a row's scores.
func (e *forestEngine) add(t, leaf int, acc []float64) {
	if k := e.target[t]; k >= 0 {
		acc[k] += e.leaves[leaf]
		return
	}
	for k, v := range e.leaves[leaf : leaf+e.outputs] {
		acc[k] += v
	}
}

// scoreRow scores one row. Four walks of one row overlap as four rows do;
// stride 0 makes all of them read the same row.
func (e *forestEngine) scoreRow(row []uint64, acc []float64) {
	t := 0
	for ; t+4 <= len(e.roots); t += 4 {
		l0, l1, l2, l3 := walk(e.nodes, e.roots[t], e.roots[t+1], e.roots[t+2], e.roots[t+3], row, 0)
		e.add(t, l0, acc)
		e.add(t+1, l1, acc)
		e.add(t+2, l2, acc)
		e.add(t+3, l3, acc)
	}
	for ; t < len(e.roots); t++ {
		root := e.roots[t]
		l0, _, _, _ := walk(e.nodes, root, root, root, root, row, 0)
		e.add(t, l0, acc)
	}
}
