package boosting

import (
	"math"

	"github.com/ashlar-dev/ashlar/runtime/train/histogram"
)

// leastHessian is the least sum of hessians of a leaf, as in scikit-learn: with
// less its value would be noise.
const leastHessian = 1e-3

// split is a way to part a node. Rows with a code up to code go left, and those
// with a missing value where missingLeft holds.
type split struct {
	gain              float64 // in loss, doubled; 0 where there is no split
	feature, code     int
	missingLeft       bool
	gradient, hessian int64 // of the left side
	unsure            bool  // a side may have fewer rows than min_samples_leaf
}

// searchBoth completes the small child's histogram, takes it away from the large
// one's, which is still their parent's, and finds the best split of each.
//
// Both children's histograms are ready for a feature as soon as the feature is
// done, so the search follows in the same task and finds them in the cache.
// Subtraction is exact, as the sums are integers: with floats the large child
// would keep rounding errors of its parent.
func (g *grower) searchBoth(small, large *node) {
	features := g.bins.Features
	g.each(func(f int) {
		g.merge(small, f)
		from, to := g.bins.Offset[f], g.bins.Offset[f]+g.bins.Missing(f)+1
		cells := large.cells[from:to]
		for i, c := range small.cells[from:to] {
			cells[i].Gradient -= c.Gradient
			cells[i].Hessian -= c.Hessian
		}
		if g.splittable(small) {
			g.splits[f] = g.feature(small, f, nil)
		}
		if g.splittable(large) {
			g.splits[features+f] = g.feature(large, f, nil)
		}
	})
	if g.splittable(small) {
		g.choose(small, g.splits[:features])
	}
	if g.splittable(large) {
		g.choose(large, g.splits[features:])
	}
}

// each calls do for every feature, in parallel where that pays.
func (g *grower) each(do func(f int)) {
	workers := len(g.crew)
	if g.bins.Cells < serial/64 {
		workers = 1
	}
	histogram.Each(workers, g.bins.Features, do)
}

// choose takes the best of the features' splits, the first among equals. Sums of
// hessians bound the number of rows only from below; as long as the best split
// may not keep min_samples_leaf, the rows of its feature are counted and the
// feature's best split is searched again.
func (g *grower) choose(n *node, splits []split) {
	for n.best = first(splits); n.best.unsure; n.best = first(splits) {
		f := n.best.feature
		splits[f] = g.feature(n, f, g.count(n, f))
	}
}

// count returns the number of the node's rows with each code of a feature.
func (g *grower) count(n *node, f int) []int32 {
	counts := make([]int32, g.bins.Missing(f)+1)
	codes := g.bins.Columns[f]
	for i, w := range g.crew {
		for _, r := range w.rows[n.spans[i].from:n.spans[i].to] {
			counts[codes[r]]++
		}
	}
	return counts
}

// first returns the split of the greatest gain, of the lowest feature among
// equals, so that the order in which features finish does not matter.
func first(splits []split) split {
	best := splits[0]
	for _, s := range splits[1:] {
		if s.gain > best.gain {
			best = s
		}
	}
	return best
}

// feature finds the best split of a node by one feature, from the histogram and,
// where counts are given, the exact number of rows of each code.
//
// Only codes that some row of the node has are candidates; codes without rows
// would give the same split under another threshold. Where rows lack the value,
// each candidate is tried with them on either side. The last code is a
// candidate too: it parts the missing values from all others.
func (g *grower) feature(n *node, f int, counts []int32) split {
	values := g.bins.Missing(f)
	cells := n.cells[g.bins.Offset[f]:][:values+1]
	s := scan{
		unitG: g.gradients.Gradient, unitH: g.gradients.Hessian, l2: g.l2, bounded: g.bounded,
		gradient: n.gradient, hessian: n.hessian,
		rows: n.rows, least: g.minLeaf,
		leastH: max(1, int64(leastHessian/g.gradients.Hessian)),
		sureH:  int64(g.minLeaf) * g.gradients.Most,
	}
	s.parent = s.score(n.gradient, n.hessian)
	missing := cells[values]
	s.best.feature = f
	var left histogram.Cell
	count := 0
	for code, c := range cells[:values] {
		if c.Hessian == 0 {
			continue
		}
		left.Gradient += c.Gradient
		left.Hessian += c.Hessian
		if counts != nil {
			count += int(counts[code])
		}
		s.consider(code, left, count, counts != nil, false)
		if missing.Hessian > 0 {
			both := histogram.Cell{Gradient: left.Gradient + missing.Gradient, Hessian: left.Hessian + missing.Hessian}
			with := count
			if counts != nil {
				with += int(counts[values])
			}
			s.consider(code, both, with, counts != nil, true)
		}
	}
	if s.best.gain > 0 && missing.Hessian == 0 {
		// None was missing in training: one that is when scoring goes where most rows go.
		s.best.missingLeft = s.best.hessian*2 > n.hessian
	}
	return s.best
}

// scan is a pass over one feature's codes.
type scan struct {
	unitG, unitH, l2  float64
	bounded           bool // of a classification; see step
	parent            float64
	gradient, hessian int64 // of the node
	rows, least       int
	leastH            int64 // least sum of hessians of a side
	sureH             int64 // a sum that only min_samples_leaf rows or more can reach
	best              split
}

// score is the loss that the best value takes away from rows with these sums,
// doubled.
func (s *scan) score(gradient, hessian int64) float64 {
	g, h := math.Abs(float64(gradient)*s.unitG), float64(hessian)*s.unitH+s.l2
	if g <= sureStep*h || !s.bounded {
		return g * g / h
	}
	_, gain := step(g, h, true)
	return gain
}

// consider takes the split if it gains more than the best so far. A strict
// comparison keeps the first of equals, the lowest code. Both sides need a
// least sum of hessians; whether they have enough rows is known only where
// counts are given.
func (s *scan) consider(code int, left histogram.Cell, count int, exact, missingLeft bool) {
	right := s.hessian - left.Hessian
	if left.Hessian < s.leastH || right < s.leastH {
		return
	}
	unsure := left.Hessian < s.sureH || right < s.sureH
	if exact {
		if count < s.least || s.rows-count < s.least {
			return
		}
		unsure = false
	}
	gain := s.score(left.Gradient, left.Hessian) + s.score(s.gradient-left.Gradient, right) - s.parent
	if gain > s.best.gain {
		s.best = split{
			gain: gain, feature: s.best.feature, code: code, missingLeft: missingLeft,
			gradient: left.Gradient, hessian: left.Hessian, unsure: unsure,
		}
	}
}
