package forest

import (
	"context"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram"
)

// exactRows is the number of rows up to which each distinct value has a code.
const exactRows = math.MaxUint16

// data is the training data in a form that splits quickly, shared by all trees.
type data struct {
	columns []column
	y       []float64 // class, or value less the mean
	classes int       // 0 for regression
	mean    float64   // of a regression's target, taken off to keep sums precise
	weights []float64 // a class, nil for all 1
}

// column holds a feature as codes that ascend with the value; the code len(low)
// stands for missing.
type column struct {
	codes     []uint16
	low, high []float64 // the least and greatest value of each code
}

// scalar says whether a row's target is one number: the value, or whether it is
// the second of two classes.
func (d *data) scalar() bool { return d.classes <= 2 }

func (d *data) outputs() int {
	if d.scalar() {
		return 1
	}
	return d.classes
}

// newData codes all features once, for all trees; it is only read after that. A
// regression's target is centred, as the split criterion takes differences of
// squared sums, which lose digits where the mean is large.
func newData(ctx context.Context, x *model.Matrix, y []float64, classes, workers int) (*data, error) {
	d := &data{columns: make([]column, len(x.Columns)), y: y, classes: classes}
	if classes == 0 {
		for i, v := range y {
			d.mean += (v - d.mean) / float64(i+1)
		}
		d.y = make([]float64, len(y))
		for i, v := range y {
			d.y[i] = v - d.mean
		}
	}
	histogram.Each(workers, len(x.Columns), func(f int) {
		if ctx.Err() != nil {
			return
		}
		if x.Rows <= exactRows {
			d.columns[f] = ranks(x.Columns[f])
		} else {
			d.columns[f] = binned(x.Columns[f])
		}
	})
	return d, ctx.Err()
}

// ranks gives each distinct value its own code.
//
// v == v is false for NaN alone. low and high share memory, as each code has
// one value.
func ranks(values []float64) column {
	distinct := make([]float64, 0, len(values))
	for _, v := range values {
		if v == v {
			distinct = append(distinct, v)
		}
	}
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	c := column{codes: make([]uint16, len(values)), low: distinct, high: distinct}
	for i, v := range values {
		if v != v {
			c.codes[i] = uint16(len(distinct))
			continue
		}
		at, _ := slices.BinarySearch(distinct, v)
		c.codes[i] = uint16(at)
	}
	return c
}

// binned gives each of at most 255 bins a code.
//
// Edges are learnt from a sample of the rows, but low and high from all of
// them: they are what thresholds are made from, and must not lie beyond any
// value.
func binned(values []float64) column {
	edges := histogram.Edges(values, histogram.All(len(values)), histogram.MaxBins)
	c := column{codes: make([]uint16, len(values))}
	for range len(edges) + 1 {
		c.low, c.high = append(c.low, math.Inf(1)), append(c.high, math.Inf(-1))
	}
	for i, v := range values {
		at := len(c.low)
		if v == v {
			at, _ = slices.BinarySearch(edges, v)
			c.low[at], c.high[at] = min(c.low[at], v), max(c.high[at], v)
		}
		c.codes[i] = uint16(at)
	}
	return c
}

// threshold parts code a and those below from code b and those above, where no
// row has a code between. With b the missing code every value is below.
//
// The threshold is put in the middle between the two values, as scikit-learn
// does, so that values that were not in training fall on the nearer side.
func (c *column) threshold(a, b int) float64 {
	switch {
	case b < len(c.low):
		return histogram.Between(c.high[a], c.low[b])
	case math.IsInf(c.high[len(c.high)-1], 1):
		return math.Inf(1)
	default:
		return math.MaxFloat64
	}
}
