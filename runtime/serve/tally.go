package serve

import (
	"sync/atomic"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/judge"
)

// Tally counts what one version was asked while a release is under way. It is
// safe for concurrent use, and counting takes no lock; the zero value is empty and
// has no thresholds.
//
// Only requests that the version was given by the router's choice count: those
// that name a version, or that have nothing to be assigned by, say nothing of it.
type Tally struct {
	thresholds       []float64
	requests, failed atomic.Int64
	over             [judge.MaxThresholds]atomic.Int64 // above this threshold and not the next

	compared, agreed, dropped atomic.Int64

	assigned struct{ requests, challenger, expected, variance atomic.Int64 }
}

// NewTally counts the requests that take longer than each of the thresholds, too:
// seconds, ascending, as judge.Thresholds gives them.
func NewTally(thresholds []float64) *Tally {
	return &Tally{thresholds: thresholds[:min(len(thresholds), judge.MaxThresholds)]}
}

// answer counts a request that was answered, and how long it took.
func (t *Tally) answer(took time.Duration) {
	for i := len(t.thresholds) - 1; i >= 0; i-- {
		if took.Seconds() > t.thresholds[i] {
			t.over[i].Add(1)
			break
		}
	}
	t.requests.Add(1)
}

// fail counts a request that the version could not answer.
func (t *Tally) fail() {
	t.failed.Add(1)
	t.requests.Add(1)
}

// compare counts rows that two versions were asked, and in how many they agree.
func (t *Tally) compare(rows, agreed int) {
	t.agreed.Add(int64(agreed))
	t.compared.Add(int64(rows))
}

// assign counts that chance gave a request to this version or to another, where it
// had that share.
func (t *Tally) assign(mine bool, percent float64) {
	n := int64(percent)
	t.assigned.requests.Add(1)
	if mine {
		t.assigned.challenger.Add(1)
	}
	t.assigned.expected.Add(n)
	t.assigned.variance.Add(n * (100 - n))
}

// Counts are a Tally at one time.
type Counts struct {
	judge.Counts
	judge.Pairs
	Dropped  int64          `json:"dropped"` // requests that were not compared, for lack of room
	Assigned judge.Assigned `json:"assigned"`
}

// Counts returns what was counted so far. Requests that are counted meanwhile may be
// in some of the counts and not in others; no count is above its whole.
func (t *Tally) Counts() Counts {
	c := Counts{Dropped: t.dropped.Load()}
	c.Failed, c.Agreed = t.failed.Load(), t.agreed.Load()
	if len(t.thresholds) > 0 {
		c.Slower = make([]int64, len(t.thresholds))
	}
	var above int64
	for i := len(t.thresholds) - 1; i >= 0; i-- {
		above += t.over[i].Load()
		c.Slower[i] = above
	}
	c.Requests = max(t.requests.Load(), c.Failed, above)
	c.Compared = max(t.compared.Load(), c.Agreed)
	a := &t.assigned
	c.Assigned = judge.Assigned{Variance: a.variance.Load(), Expected: a.expected.Load(),
		Challenger: a.challenger.Load()}
	c.Assigned.Requests = a.requests.Load()
	return c
}

// Restore adds what was counted by a process before, with the same thresholds.
func (t *Tally) Restore(c Counts) {
	t.requests.Add(c.Requests)
	t.failed.Add(c.Failed)
	t.compared.Add(c.Compared)
	t.agreed.Add(c.Agreed)
	t.dropped.Add(c.Dropped)
	for i := range min(len(c.Slower), len(t.thresholds)) {
		n := c.Slower[i]
		if i+1 < len(c.Slower) {
			n -= c.Slower[i+1]
		}
		t.over[i].Add(n)
	}
	t.assigned.requests.Add(c.Assigned.Requests)
	t.assigned.challenger.Add(c.Assigned.Challenger)
	t.assigned.expected.Add(c.Assigned.Expected)
	t.assigned.variance.Add(c.Assigned.Variance)
}

// Observed is what the judge is shown of a version and the one that it is compared
// with, which counted the same thresholds.
func Observed(champion, challenger *Tally) *judge.Observations {
	was, is := champion.Counts(), challenger.Counts()
	return &judge.Observations{Thresholds: challenger.thresholds, Champion: was.Counts, Challenger: is.Counts,
		Pairs: is.Pairs, Assigned: is.Assigned}
}
