package advise

import (
	"cmp"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// outcome is the target of a sample.
type outcome struct {
	classes bool
	class   []int // by row; -1 is missing
	counts  []int // rows by class
	rows    int   // with a class
	number  []float64
}

const (
	// leakShare is how much of the error of naming the commonest class one column
	// must take away to be called a leak.
	leakShare = 0.98
	// leakRank is the rank correlation from which a number is the target in other
	// units.
	leakRank = 0.9995
	// minBin is the fewest rows of such a group, lest every row tell its own class.
	minBin = 5
)

// toldBy returns how the column tells the target by itself, or "".
func (o outcome) toldBy(c *dataset.Column) string {
	if o.classes {
		return o.classesTold(c)
	}
	if o.number == nil {
		return ""
	}
	if c.Coded() {
		return o.numbersTold(c)
	}
	return o.ranksTold(c)
}

// classesTold groups rows by the column's value, or by the neighbourhood of it,
// and names the commonest class of each group.
//
// The measure is Goodman and Kruskal's lambda: by how much knowing the group
// lowers the errors of always naming the commonest class. A plain accuracy
// would call any column a leak where one class has 99 % of the rows.
func (o outcome) classesTold(c *dataset.Column) string {
	if len(o.counts) < 2 || o.rows < minRows || o.rows-slices.Max(o.counts) < minOther {
		return ""
	}
	group, groups := groupsOf(c, o.class)
	if groups > len(group)/minBin {
		return ""
	}
	// Rows are groups and columns are classes. Both are bounded: groups by the
	// rows over minBin, classes by the rows.
	table := make([]int, groups*len(o.counts))
	for row, g := range group {
		if o.class[row] >= 0 {
			table[g*len(o.counts)+o.class[row]]++
		}
	}
	right := 0
	for g := range groups {
		right += slices.Max(table[g*len(o.counts) : (g+1)*len(o.counts)])
	}
	wrong, guess := float64(o.rows-right), float64(o.rows-slices.Max(o.counts))
	switch {
	case right == o.rows:
		return "it tells the target of every row by itself"
	case wrong <= (1-leakShare)*guess:
		return "it tells the target of " + percent(float64(right)/float64(o.rows)) + " of the rows by itself"
	}
	return ""
}

// groupsOf gives every row a group from 0: one per text, and one per run of
// neighbouring numbers, which ends where the class changes. Missing values are a
// group of their own.
//
// A run ends only where it has minBin rows and both class and value change:
// equal numbers cannot be told apart by a model and stay in one group. The sort
// is stable, so equal numbers keep their order and the result does not depend
// on the sorting algorithm.
func groupsOf(c *dataset.Column, class []int) (group []int, groups int) {
	group = make([]int, c.Len())
	if c.Coded() {
		for row, code := range c.Codes {
			group[row] = int(code) + 1
		}
		return group, len(c.Dict) + 1
	}
	order := make([]int, 0, len(group))
	for row, v := range c.Floats {
		if !math.IsNaN(v) {
			order = append(order, row)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c.Floats[a], c.Floats[b]) })
	size := 0
	for i, row := range order {
		if i == 0 || size >= minBin && class[row] != class[order[i-1]] && c.Floats[row] != c.Floats[order[i-1]] {
			groups, size = groups+1, 0
		}
		group[row] = groups
		size++
	}
	return group, groups + 1
}

// ranksTold compares the order of the column with the order of the target.
//
// Ranks are compared, so that any change of unit or scale, linear or not, is
// found. At least half of the rows must have both values: a column that is
// known only for a few rows cannot serve as the target.
func (o outcome) ranksTold(c *dataset.Column) string {
	var x, y []float64
	for row, v := range c.Floats {
		if !math.IsNaN(v) && !math.IsNaN(o.number[row]) {
			x, y = append(x, v), append(y, o.number[row])
		}
	}
	if len(x) < minRows || 2*len(x) < len(c.Floats) {
		return ""
	}
	if slices.Equal(x, y) {
		return "it is a copy of the target"
	}
	if r := correlation(ranks(x), ranks(y)); math.Abs(r) >= leakRank {
		return "it has the order of the target, as the same number in other units has"
	}
	return ""
}

// numbersTold compares the spread within the column's groups with that of all.
//
// The measure is the correlation ratio, eta squared: the sum of squares between
// groups over the total one. The target's missing values are left out.
func (o outcome) numbersTold(c *dataset.Column) string {
	group, groups := groupsOf(c, o.class)
	if groups > len(group)/minBin {
		return ""
	}
	var all, rows float64
	for row := range group {
		if v := o.number[row]; !math.IsNaN(v) {
			all += v
			rows++
		}
	}
	if rows < minRows {
		return ""
	}
	// Squares are taken of what a value is from the mean: those of the values
	// themselves lose their digits where the mean is many times the spread.
	n, sum, total, between := make([]float64, groups), make([]float64, groups), 0.0, 0.0
	for row, g := range group {
		if v := o.number[row] - all/rows; !math.IsNaN(v) {
			n[g]++
			sum[g] += v
			total += v * v
		}
	}
	for g := range groups {
		if n[g] > 0 {
			between += sum[g] * sum[g] / n[g]
		}
	}
	if total > 0 && between >= leakRank*total {
		return "its values tell the target by themselves"
	}
	return ""
}

// ranks returns the ranks of the values, ties at their mean.
func ranks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(v[a], v[b]) })
	out := make([]float64, len(v))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && v[order[j]] == v[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			out[k] = float64(i+j-1) / 2
		}
		i = j
	}
	return out
}

// correlation is Pearson's, or 0 where one side is constant.
func correlation(x, y []float64) float64 {
	var mx, my, xx, yy, xy float64
	for i := range x {
		mx += x[i] / float64(len(x))
		my += y[i] / float64(len(y))
	}
	for i := range x {
		xx += (x[i] - mx) * (x[i] - mx)
		yy += (y[i] - my) * (y[i] - my)
		xy += (x[i] - mx) * (y[i] - my)
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}
