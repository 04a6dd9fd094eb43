package native

import (
	"math"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// covers are what a file says of how many rows reached each of n nodes, as
// numbers of rows or sums of second derivatives; nil where it does not say, or
// says what cannot be.
//
// Nothing but explanations reads them, so that a file without them is scored
// all the same.
func covers[T int32 | float32](found []T, n int) []float64 {
	if len(found) != n {
		return nil
	}
	out := make([]float64, n)
	for i, v := range found {
		out[i] = float64(v)
		if math.IsNaN(out[i]) || math.IsInf(out[i], 0) || out[i] < 0 {
			return nil
		}
	}
	return out
}

// withoutCovers takes the covers from all trees where one has none: half an
// ensemble cannot be explained.
func withoutCovers(e *model.Ensemble) {
	for i := range e.Trees {
		if e.Trees[i].Cover != nil {
			continue
		}
		for k := range e.Trees {
			e.Trees[k].Cover = nil
		}
		return
	}
}
