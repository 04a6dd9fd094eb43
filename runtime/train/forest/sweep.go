package forest

import (
	"math"
	"slices"
)

// split is a way to part a node's rows: those with a code up to code go left,
// and those with a missing value where missingLeft holds.
type split struct {
	found       bool
	gain        float64 // decrease of impurity times weight
	feature     int32
	code        int
	threshold   float64
	missingLeft bool
}

// sweep finds the best split of one node by one feature after the other. Its
// buffers are used again for every node of a tree.
type sweep struct {
	*grower
	rows   []int32
	column *column
	groups []group // rows of equal code, by code; missing last
	table  []group // by code, all zero between features
	keys   []uint64

	classWeight []float64 // a group a class, where there are more than two
	tableWeight []float64
	node        group     // sums over the node
	nodeClass   []float64 // and by class
	leftClass   []float64
	rightClass  []float64
}

// group is some rows' number and sums.
type group struct {
	code        int32
	rows        int32
	weight, sum float64 // sum of weight times target
}

// newSweep allocates for the feature with the most codes, so that no node
// allocates.
func newSweep(g *grower) sweep {
	most := 0
	for i := range g.columns {
		most = max(most, len(g.columns[i].low)+1)
	}
	s := sweep{grower: g, table: make([]group, most)}
	if !g.scalar() {
		s.tableWeight = make([]float64, most*g.classes)
		s.nodeClass = make([]float64, g.classes)
		s.leftClass = make([]float64, g.classes)
		s.rightClass = make([]float64, g.classes)
	}
	return s
}

// start begins a node.
//
// The sums over the node are kept, so that the right side of a split is always
// the rest.
func (s *sweep) start(rows []int32) {
	s.rows, s.node = rows, group{}
	clear(s.nodeClass)
	for _, r := range rows {
		s.node.add(s.weight[r], s.y[r])
		if !s.scalar() {
			s.nodeClass[int(s.y[r])] += s.weight[r]
		}
	}
}

func (g *group) add(weight, y float64) {
	g.rows++
	g.weight += weight
	g.sum += weight * y
}

// feature gathers the node's rows into groups and says whether there are two or
// more. A table by code is quickest where rows are many, sorting where codes are.
func (s *sweep) feature(c *column) bool {
	s.column, s.groups, s.classWeight = c, s.groups[:0], s.classWeight[:0]
	if codes := len(c.low) + 1; len(s.rows) > codes/8 {
		s.tabulate(codes)
	} else {
		s.sort()
	}
	return len(s.groups) > 1
}

// tabulate adds the rows up by code and then collects the codes in use,
// clearing the table behind itself: it must be all zero for the next feature.
func (s *sweep) tabulate(codes int) {
	table := s.table[:codes]
	for _, r := range s.rows {
		code := s.column.codes[r]
		table[code].add(s.weight[r], s.y[r])
		if !s.scalar() {
			s.tableWeight[int(code)*s.classes+int(s.y[r])] += s.weight[r]
		}
	}
	for code := range table {
		if table[code].rows == 0 {
			continue
		}
		table[code].code = int32(code)
		s.groups = append(s.groups, table[code])
		table[code] = group{}
		if !s.scalar() {
			w := s.tableWeight[code*s.classes:][:s.classes]
			s.classWeight = append(s.classWeight, w...)
			clear(w)
		}
	}
}

// sort packs code and row into one integer, so that one sort of integers brings
// rows of equal code together in a fixed order.
func (s *sweep) sort() {
	s.keys = s.keys[:0]
	for _, r := range s.rows {
		s.keys = append(s.keys, uint64(s.column.codes[r])<<32|uint64(r))
	}
	slices.Sort(s.keys)
	for _, key := range s.keys {
		code, r := int32(key>>32), int(uint32(key))
		if last := len(s.groups) - 1; last < 0 || s.groups[last].code != code {
			s.groups = append(s.groups, group{code: code})
			if !s.scalar() {
				s.classWeight = append(s.classWeight, make([]float64, s.classes)...)
			}
		}
		at := len(s.groups) - 1
		s.groups[at].add(s.weight[r], s.y[r])
		if !s.scalar() {
			s.classWeight[at*s.classes+int(s.y[r])] += s.weight[r]
		}
	}
}

// best returns the best split of the groups gathered last. Where rows lack the
// value, they are tried on either side.
func (s *sweep) best() split {
	best := s.scan(s.groups, -1)
	if s.missing() {
		last := len(s.groups) - 1
		if with := s.scan(s.groups[:last], last); with.found && (!best.found || with.gain > best.gain) {
			best = with
		}
	}
	return best
}

// missing says whether some row lacks the value; those are the last group.
func (s *sweep) missing() bool {
	return int(s.groups[len(s.groups)-1].code) == len(s.column.low)
}

// scan moves one group after the other to the left side, which the group first
// is already on unless it is negative.
//
// Between neighbouring groups there is no row of the node, so the borders
// between groups are all the splits there are. parent is the node's own score:
// a gain of 0 is good enough where no split gains more, as in scikit-learn,
// which splits until leaves are pure.
func (s *sweep) scan(groups []group, first int) split {
	best, next := split{gain: math.Inf(-1)}, 0
	var left group
	clear(s.leftClass)
	if first >= 0 {
		s.move(&left, first)
	}
	parent := s.score(s.node, s.nodeClass)
	for i := range len(groups) - 1 {
		s.move(&left, i)
		right := group{rows: int32(len(s.rows)) - left.rows, weight: s.node.weight - left.weight,
			sum: s.node.sum - left.sum}
		if int(left.rows) < s.minLeaf || int(right.rows) < s.minLeaf {
			continue
		}
		for k := range s.rightClass {
			s.rightClass[k] = s.nodeClass[k] - s.leftClass[k]
		}
		gain := s.score(left, s.leftClass) + s.score(right, s.rightClass) - parent
		if gain > best.gain {
			best = split{found: true, gain: gain, code: int(groups[i].code), missingLeft: first >= 0}
			next = int(groups[i+1].code)
			if !s.missing() {
				// None is missing here: one that is when scoring goes where most rows go.
				best.missingLeft = left.rows > right.rows
			}
		}
	}
	if best.found {
		best.threshold = s.column.threshold(best.code, next)
	}
	return best
}

// move puts a group on the left side, in the sums and, with several classes, in
// the weight of each class.
func (s *sweep) move(left *group, i int) {
	g := &s.groups[i]
	left.rows += g.rows
	left.weight += g.weight
	left.sum += g.sum
	for k := range s.leftClass {
		s.leftClass[k] += s.classWeight[i*s.classes+k]
	}
}

// score is the purity of some rows times their weight. For values it is the
// part of their sum of squares that their mean explains; for two classes the
// Gini impurity is twice the variance of the 0/1 target, so the same serves.
//
// Scores are sums to be made large; impurity times weight is a constant less
// this. Entropy is in bits.
func (s *sweep) score(g group, byClass []float64) float64 {
	switch {
	case s.entropy && s.scalar():
		return xlogx(g.sum) + xlogx(g.weight-g.sum) - xlogx(g.weight)
	case s.entropy:
		total := -xlogx(g.weight)
		for _, w := range byClass {
			total += xlogx(w)
		}
		return total
	case s.classes == 0:
		return g.sum * g.sum / g.weight
	case s.scalar():
		return 2 * g.sum * g.sum / g.weight
	}
	total := 0.0
	for _, w := range byClass {
		total += w * w
	}
	return total / g.weight
}

// xlogx is 0 at 0, its limit. Differences of weights may be a rounding error
// below 0, which counts as 0 too.
func xlogx(v float64) float64 {
	if v <= 0 {
		return 0
	}
	return v * math.Log2(v)
}
