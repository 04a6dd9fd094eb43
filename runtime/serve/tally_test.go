package serve

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/runtime/judge"
)

func TestATallyGoesOnWhereItStood(t *testing.T) {
	thresholds := []float64{0.01, 0.05, 1}
	a, b := NewTally(thresholds), NewTally(thresholds)
	for i := range 1000 {
		a.answer(time.Duration(i) * time.Millisecond)
		a.assign(i%10 == 0, 10)
	}
	a.answer(2 * time.Second)
	a.fail()
	a.compare(10, 9)
	a.dropped.Add(2)
	b.Restore(a.Counts())
	if d := cmp.Diff(a.Counts(), b.Counts()); d != "" {
		t.Error(d)
	}
	want := Counts{Counts: judge.Counts{Requests: 1002, Failed: 1, Slower: []int64{990, 950, 1}},
		Pairs: judge.Pairs{Compared: 10, Agreed: 9}, Dropped: 2,
		Assigned: judge.Assigned{Requests: 1000, Challenger: 100, Expected: 10_000, Variance: 900_000}}
	if d := cmp.Diff(want, b.Counts()); d != "" {
		t.Error(d)
	}
	o := Observed(a, b)
	if err := o.Validate(); err != nil || o.Pairs.Agreed != 9 || o.Challenger.Requests != 1002 {
		t.Errorf("%+v, %v", o, err)
	}
}
