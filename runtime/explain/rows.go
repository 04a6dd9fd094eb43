package explain

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// Each explains every row of an encoded matrix on all cores. do is called from
// several goroutines at once, with a worker that is its own during the call, the
// row's number and its encoded values. The context's error ends it early.
func (e *Explainer) Each(ctx context.Context, x *model.Matrix, do func(w *Worker, i int, row []float64)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), x.Rows) {
		wg.Go(crash.Guarded(func() {
			w, row := e.NewWorker(), make([]float64, len(x.Columns))
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= x.Rows {
					return
				}
				for j, c := range x.Columns {
					row[j] = c[i]
				}
				do(w, i, row)
			}
		}))
	}
	wg.Wait()
	return ctx.Err()
}
