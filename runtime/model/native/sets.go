package native

import (
	"fmt"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// maxCategory is the first number that XGBoost takes for no category: beyond it
// 32 bits do not tell whole numbers apart.
const maxCategory = 1 << 24

// addSets reads the splits by categories. XGBoost lists the categories that go
// right; a missing value goes by default_left, and any other value left.
//
// The children change places, since the runtime's set is of what goes left.
func (t *xgboostTree) addSets(d *drawn, e *model.Ensemble) error {
	if len(t.SetNodes) == 0 {
		return nil
	}
	n := len(d.left)
	if len(t.SetStarts) != len(t.SetNodes) || len(t.SetSizes) != len(t.SetNodes) {
		return fmt.Errorf("%d splits by categories, with %d starts and %d sizes", len(t.SetNodes), len(t.SetStarts),
			len(t.SetSizes))
	}
	d.set = slices.Repeat([]int32{-1}, n)
	d.left, d.right = slices.Clone(d.left), slices.Clone(d.right)
	left := int64(len(t.Categories)) // segments do not overlap, or a small file could ask for a lot
	for k, node := range t.SetNodes {
		from, size := int64(t.SetStarts[k]), int64(t.SetSizes[k])
		if node < 0 || int(node) >= n || d.set[node] >= 0 || d.left[node] == -1 || from < 0 || size < 0 ||
			from+size > int64(len(t.Categories)) || size > left {
			return fmt.Errorf("the split by categories %d, of node %d, is not there", k, node)
		}
		left -= size
		set, err := setOf(t.Categories[from:from+size], below32)
		if err != nil {
			return fmt.Errorf("node %d: %w", node, err)
		}
		d.set[node] = int32(len(e.Sets))
		e.Sets = append(e.Sets, set)
		d.left[node], d.right[node] = d.right[node], d.left[node]
		t.DefaultLeft[node] = !t.DefaultLeft[node]
	}
	return nil
}

// setOf is the set of the numbers that a library takes for one of the
// categories. before returns the greatest number that it takes for a lesser one.
func setOf(categories []int32, before func(category int32) float64) (model.Set, error) {
	if !slices.IsSorted(categories) {
		categories = slices.Sorted(slices.Values(categories))
	}
	out := make(model.Set, 0, 2*len(categories))
	last := int32(-1)
	for _, c := range categories {
		if c == last {
			continue
		}
		last = c
		if c < 0 || c >= maxCategory {
			return nil, fmt.Errorf("category %d", c)
		}
		low := before(c)
		if len(out) > 0 && out[len(out)-1] == low {
			out = out[:len(out)-1] // it goes on from the category before
		} else {
			out = append(out, low)
		}
		out = append(out, before(c+1))
	}
	return out, nil
}

// below32 is for XGBoost, which rounds to 32 bits and cuts off, and takes
// negative numbers for no category.
func below32(category int32) float64 { return below(float32(category)) }

// below64 is for LightGBM, which cuts off, so that numbers above -1 are of
// category 0.
func below64(category int32) float64 {
	if category == 0 {
		return -1
	}
	return math.Nextafter(float64(category), math.Inf(-1))
}

// withSets gives every tree of an ensemble with splits by categories its list of
// them.
func withSets(e *model.Ensemble) {
	if len(e.Sets) == 0 {
		return
	}
	for i := range e.Trees {
		if t := &e.Trees[i]; t.Set == nil {
			t.Set = slices.Repeat([]int32{-1}, len(t.Feature))
		}
	}
}
