package histogram

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// Workers returns how many goroutines to use: the number asked for, or one a
// processor where that is not positive.
func Workers(asked int) int {
	if asked > 0 {
		return asked
	}
	return runtime.GOMAXPROCS(0)
}

// Each calls do(0..n-1), spread over the workers. Which worker runs which call
// is not fixed, so that calls must not depend on one another.
//
// It returns when all calls have. With one worker it calls them in order on the
// caller's goroutine.
func Each(workers, n int, do func(i int)) {
	workers = min(Workers(workers), n)
	if workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			defer crash.Guard()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}

// Spans cuts [0, n) into one span of about equal length a worker and calls
// do(worker, from, to) for each.
//
// The spans depend on the number of workers, so what is computed in them must
// not depend on where a span ends.
func Spans(workers, n int, do func(worker, from, to int)) {
	workers = max(1, min(Workers(workers), n))
	Each(workers, workers, func(w int) { do(w, w*n/workers, (w+1)*n/workers) })
}

// All returns the numbers of n rows.
func All(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}
