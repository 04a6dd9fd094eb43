package explain

import (
	"context"
	"math"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// Global is how much each input of the signature counts over the rows of an
// encoded matrix: the mean size of its contributions, in the units of the margin.
// Of several outputs the sizes are added up. The result does not depend on how
// many cores there are.
func (e *Explainer) Global(ctx context.Context, x *model.Matrix) ([]float64, error) {
	sizes := make([]float64, x.Rows*e.inputs)
	err := e.Each(ctx, x, func(w *Worker, i int, row []float64) {
		one := make([]float64, e.inputs)
		for k := range e.bases {
			w.Inputs(row, k, one)
			for j, v := range one {
				sizes[i*e.inputs+j] += math.Abs(v)
			}
		}
	})
	out := make([]float64, e.inputs)
	for i, v := range sizes {
		out[i%e.inputs] += v / float64(x.Rows)
	}
	return out, err
}
