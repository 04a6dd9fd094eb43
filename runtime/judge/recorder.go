package judge

import (
	"fmt"
	"slices"
	"sync/atomic"
)

// Recorder counts what a process sees of two versions. It is safe for concurrent use,
// and an observation costs a few atomic additions: no lock, no allocation.
type Recorder struct {
	thresholds []float64
	champion   tally
	challenger tally
	compared   atomic.Int64
	agreed     atomic.Int64
	assigned   struct{ requests, challenger, expected, variance atomic.Int64 }
}

// tally are the counts of one version. A request is counted by its slowest threshold.
type tally struct {
	requests, failed atomic.Int64
	over             [MaxThresholds]atomic.Int64 // above this threshold and not the next
	_                [64]byte                    // the other version's are in another cache line
}

// NewRecorder counts requests above the thresholds, which ascend, as Thresholds gives
// them.
func NewRecorder(thresholds []float64) (*Recorder, error) {
	if len(thresholds) > MaxThresholds || !slices.IsSorted(thresholds) {
		return nil, fmt.Errorf("judge: thresholds %v: want at most %d, ascending", thresholds, MaxThresholds)
	}
	return &Recorder{thresholds: thresholds}, nil
}

// Side is one of the two versions.
type Side bool

// The sides.
const (
	Champion   Side = false // the running version
	Challenger Side = true  // the new one
)

// Answered counts a request to one version, which took so many seconds. A request that
// could not be answered through no fault of its own has failed.
func (r *Recorder) Answered(side Side, seconds float64, failed bool) {
	t := &r.champion
	if side == Challenger {
		t = &r.challenger
	}
	for i := len(r.thresholds) - 1; i >= 0; i-- {
		if seconds > r.thresholds[i] {
			t.over[i].Add(1)
			break
		}
	}
	if failed {
		t.failed.Add(1)
	}
	t.requests.Add(1)
}

// Assign counts that chance gave a request to one side, where the challenger had so
// many percent. Where a caller keeps its side, count the first request alone: the
// others were not given by chance.
func (r *Recorder) Assign(side Side, percent int) {
	r.assigned.requests.Add(1)
	if side == Challenger {
		r.assigned.challenger.Add(1)
	}
	r.assigned.expected.Add(int64(percent))
	r.assigned.variance.Add(int64(percent * (100 - percent)))
}

// Compared counts rows that both versions were asked, and those of them that got the
// same prediction.
func (r *Recorder) Compared(rows, agreed int) {
	r.agreed.Add(int64(agreed))
	r.compared.Add(int64(rows))
}

// Observations are the counts so far. Requests that are counted meanwhile may be in
// some of the counts and not in others; no count is ever above its whole.
func (r *Recorder) Observations() *Observations {
	o := &Observations{Thresholds: slices.Clone(r.thresholds), Champion: r.champion.counts(len(r.thresholds)),
		Challenger: r.challenger.counts(len(r.thresholds))}
	o.Pairs.Agreed = r.agreed.Load()
	o.Pairs.Compared = max(o.Pairs.Agreed, r.compared.Load())
	a := &r.assigned
	o.Assigned = Assigned{Variance: a.variance.Load(), Expected: a.expected.Load(), Challenger: a.challenger.Load()}
	o.Assigned.Requests = a.requests.Load()
	return o
}

// counts reads the parts before the whole.
func (t *tally) counts(thresholds int) Counts {
	c := Counts{Failed: t.failed.Load()}
	if thresholds > 0 {
		c.Slower = make([]int64, thresholds)
	}
	var above int64
	for i := thresholds - 1; i >= 0; i-- {
		above += t.over[i].Load()
		c.Slower[i] = above
	}
	c.Requests = max(t.requests.Load(), c.Failed, above)
	return c
}
