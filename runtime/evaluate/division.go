package evaluate

import (
	"slices"
	"strconv"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// division is rows divided into groups.
type division struct {
	names   []string // of the groups, in order
	missing int      // the group of rows without a value, the last
	of      []int    // the group of each row
}

// divide groups rows by the value of a column, or by the interval between
// rising points that a number lies in.
//
// A group that is named by a column's values exists only where a row has the
// value, so groups of a frame depend on its rows; intervals exist whatever the
// rows are. The group "missing" is always last and may be empty. A value that
// is itself "missing" has a group of its own of the same name, which
// Group.Missing tells apart.
func divide(c *dataset.Column, split []float64) division {
	d := division{of: make([]int, c.Len())}
	var group func(row int) int
	if len(split) > 0 {
		d.names = intervals(split)
		group = func(row int) int {
			// A point belongs to the interval that it begins: with a split of
			// 25, 25 is in ">=25". BinarySearch returns the interval that ends
			// there.
			i, found := slices.BinarySearch(split, c.Floats[row])
			if found {
				i++
			}
			return i
		}
	} else {
		index := map[string]int{}
		for row := range d.of {
			if !c.Missing(row) {
				index[c.Value(row)] = 0
			}
		}
		d.names = sortedKeys(index)
		for i, name := range d.names {
			index[name] = i
		}
		group = func(row int) int { return index[c.Value(row)] }
	}
	d.missing = len(d.names)
	d.names = append(d.names, "missing")
	for row := range d.of {
		if d.of[row] = d.missing; !c.Missing(row) {
			d.of[row] = group(row)
		}
	}
	return d
}

// intervals names the groups that rising points make: "<25", "25..60", ">=60".
func intervals(split []float64) []string {
	text := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	out := []string{"<" + text(split[0])}
	for i := range split[1:] {
		out = append(out, text(split[i])+".."+text(split[i+1]))
	}
	return append(out, ">="+text(split[len(split)-1]))
}
