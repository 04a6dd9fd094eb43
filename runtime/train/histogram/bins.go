// Package histogram turns features into small integer codes and sums gradients
// by code. It exists because both tree learners look for splits this way: one
// pass over the rows costs a byte a feature instead of a sort, and the sums are
// integers, so that any number of workers adds up to the very same tree.
package histogram

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// MaxBins is the largest number of value bins of a feature; the code after the
// last bin in use is that of missing values.
const MaxBins = 255

// Bins are the codes of a matrix. A value's code is the number of edges below
// it, so code <= c exactly where value <= Edges[c]; a missing value has the
// code len(Edges)+1.
type Bins struct {
	Rows, Features int
	Codes          []uint8     // row by row, Features bytes each: for adding up histograms
	Columns        [][]uint8   // the same codes column by column: for partitioning rows
	Edges          [][]float64 // ascending upper edges of all but the last bin, a slice a feature
	Offset         []int       // where each feature starts in a node's cells
	Cells          int         // cells of a node: value bins and a missing bin for each feature

	limit []float64 // a threshold no smaller than any value of the feature
}

// Build codes every row of x with edges learnt from the sample rows only, at
// most bins (2..MaxBins) of about equal weight a feature. Distinct values each
// have their own bin where they are few enough.
//
// The matrix is only read and need not be kept. Codes takes a byte for each
// value, and Columns as much again.
func Build(ctx context.Context, x *model.Matrix, sample []int32, most, workers int) (*Bins, error) {
	if most < 2 || most > MaxBins {
		return nil, fmt.Errorf("%d bins: want 2 to %d", most, MaxBins)
	}
	if err := checkShape(x); err != nil {
		return nil, err
	}
	b := &Bins{
		Rows: x.Rows, Features: len(x.Columns),
		Codes:   make([]uint8, x.Rows*len(x.Columns)),
		Columns: make([][]uint8, len(x.Columns)),
		Edges:   make([][]float64, len(x.Columns)),
		Offset:  make([]int, len(x.Columns)),
		limit:   make([]float64, len(x.Columns)),
	}
	Each(workers, b.Features, func(f int) {
		if ctx.Err() == nil {
			b.Edges[f] = Edges(x.Columns[f], sample, most)
			b.limit[f] = limit(x.Columns[f])
			b.Columns[f] = encode(x.Columns[f], b.Edges[f])
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for f := range b.Features {
		b.Offset[f] = b.Cells
		b.Cells += len(b.Edges[f]) + 2
	}
	Spans(workers, b.Rows, b.interleave)
	return b, nil
}

// Missing returns the code of feature f's missing values, which is also the
// number of its value bins.
func (b *Bins) Missing(f int) int { return len(b.Edges[f]) + 1 }

// Threshold returns the value that parts the codes up to code from those above
// it: a row's value <= Threshold exactly where its code <= code. Above the last
// value bin there are only missing values, and every value is below it.
func (b *Bins) Threshold(f, code int) float64 {
	if code < len(b.Edges[f]) {
		return b.Edges[f][code]
	}
	return b.limit[f]
}

// interleave copies the codes of rows [from, to) from columns to rows, in
// blocks that stay in cache.
func (b *Bins) interleave(_, from, to int) {
	const block = 1024
	for from < to {
		end := min(from+block, to)
		for f, column := range b.Columns {
			at := from*b.Features + f
			for _, code := range column[from:end] {
				b.Codes[at] = code
				at += b.Features
			}
		}
		from = end
	}
}

// limit returns a threshold that no value of the column exceeds. It is finite
// unless the column holds +Inf, so that models stay finite.
func limit(column []float64) float64 {
	if slices.Contains(column, math.Inf(1)) {
		return math.Inf(1)
	}
	return math.MaxFloat64
}

// checkShape returns every column whose length is not the number of rows.
func checkShape(x *model.Matrix) error {
	if x == nil {
		return errors.New("no matrix")
	}
	var problems []error
	for f, column := range x.Columns {
		if len(column) != x.Rows {
			problems = append(problems, fmt.Errorf("feature %d: %d values for %d rows", f, len(column), x.Rows))
		}
	}
	return errors.Join(problems...)
}

// encode returns each value's code: the number of edges below it, or for a
// missing value len(edges)+1.
//
// NaN is coded like any number by the search and set to the missing code after
// it, which costs no branch that is mispredicted.
func encode(column, edges []float64) []uint8 {
	// Integer keys, and a table padded to 256 with the largest, make the search
	// a fixed eight steps without a branch on the data.
	var table [256]uint64
	for i := range table {
		table[i] = math.MaxUint64
	}
	for i, e := range edges {
		table[i] = key(e)
	}
	missing := uint8(len(edges) + 1)
	codes := make([]uint8, len(column))
	for i, v := range column {
		k := key(v)
		at := uint64(0)
		for step := 7; step >= 0; step-- {
			_, below := bits.Sub64(table[uint8(at+1<<step-1)], k, 0)
			at += below << step
		}
		codes[i] = uint8(at)
		if v != v {
			codes[i] = missing
		}
	}
	return codes
}
