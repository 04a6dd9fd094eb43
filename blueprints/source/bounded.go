package source

import (
	"fmt"
	"runtime/metrics"
	"time"
)

// The bounds on evaluating what somebody wrote. A blueprint or a pack takes
// milliseconds and a few megabytes.
const (
	maxTime = 10 * time.Second
	maxHeap = 512 << 20 // bytes that the heap may grow by
)

// Bounded runs f, which evaluates CUE that somebody else wrote, and gives up on
// it after ten seconds, or once the heap has grown by half a gibibyte: a product of
// alternatives or a text that doubles has no end worth waiting for. The error is
// then Problems in the named file.
//
// CUE cannot be interrupted. What was given up on goes on in the background, so
// a program that sees the error should end soon.
func Bounded(file string, f func() error) error {
	return within(file, maxTime, maxHeap, f)
}

func within(file string, most time.Duration, heap uint64, f func() error) error {
	type result struct {
		err      error
		panicked any
	}
	done := make(chan result, 1)
	before := heapBytes()
	go func() {
		var r result
		defer func() {
			r.panicked = recover()
			done <- r
		}()
		r.err = f()
	}()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(most)
	defer deadline.Stop()
	for {
		select {
		case r := <-done:
			if r.panicked != nil {
				return Problems{{File: file, Message: fmt.Sprintf("evaluating this breaks CUE: %v", r.panicked),
					Hint: "this is a defect of the evaluator; take parts away until it goes", Code: TooLarge}}
			}
			return r.err
		case <-deadline.C:
			return Problems{{File: file, Message: fmt.Sprintf("evaluating this takes longer than %s", most),
				Hint: runaway, Code: TooLarge}}
		case <-tick.C:
			if now := heapBytes(); now > before && now-before > heap {
				return Problems{{File: file, Message: fmt.Sprintf("evaluating this takes more than %d MiB", heap>>20),
					Hint: runaway, Code: TooLarge}}
			}
		}
	}
}

const runaway = "look for alternatives that multiply, a list without end, or a text that grows by itself"

// heapBytes is what the heap holds by now.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
