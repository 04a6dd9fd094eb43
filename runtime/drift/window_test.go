package drift

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

func TestAWindowClosesAfterItsTime(t *testing.T) {
	w := newWatch(t, shopReference(t, 200), shopDrift())
	opened := w.clock.Now()
	w.see(newPeople(2), 150)
	w.clock.pass(59 * time.Minute)
	if n := len(w.Reports()); n != 0 || w.Pending() != 150 {
		t.Fatalf("%d windows closed early, %d rows pend", n, w.Pending())
	}
	w.clock.pass(time.Minute)
	w.see(newPeople(3), 1)
	r := w.Reports()
	if len(r) != 1 || r[0].Rows != 150 || !r[0].From.Equal(opened) || r[0].Window != 1 || w.Pending() != 1 {
		t.Fatalf("%s, %d rows pend", text(t, r), w.Pending())
	}
}

func TestAWindowClosesWhenNobodyComesAnyMore(t *testing.T) {
	w := newWatch(t, shopReference(t, 200), shopDrift())
	w.see(newPeople(2), 150)
	w.clock.pass(time.Hour)
	w.clock.wake()
	w.heard(t, "report 1")
	// The next window has its own hour, whenever it opens.
	w.clock.pass(30 * time.Minute)
	w.see(newPeople(3), 150)
	w.clock.pass(59 * time.Minute)
	w.clock.wake()
	if n := len(w.Reports()); n != 1 {
		t.Errorf("%d windows, want one", n)
	}
	w.clock.pass(time.Minute)
	w.clock.wake()
	w.heard(t, "report 2")
}

func TestAWindowThatClosedEarlyDoesNotShortenTheNext(t *testing.T) {
	d := shopDrift()
	d.MaxRows = 200
	w := newWatch(t, shopReference(t, 200), d)
	w.see(newPeople(2), 200)
	w.heard(t, "report 1")
	w.clock.pass(50 * time.Minute)
	w.see(newPeople(3), 150)
	w.clock.pass(10 * time.Minute) // an hour after the first window opened
	w.clock.wake()
	if n, pending := len(w.Reports()), w.Pending(); n != 1 || pending != 150 {
		t.Fatalf("%d windows, %d rows pend", n, pending)
	}
	w.clock.pass(50 * time.Minute)
	w.clock.wake()
	w.heard(t, "report 2")
}

func TestAWindowShortOfRowsStaysOpenUntilItHasThem(t *testing.T) {
	w := newWatch(t, shopReference(t, 200), shopDrift())
	opened := w.clock.Now()
	w.see(newPeople(2), 99)
	w.clock.pass(3 * time.Hour)
	w.clock.wake()
	if n := len(w.Reports()); n != 0 || w.Pending() != 99 {
		t.Fatalf("%d windows judged, %d rows pend", n, w.Pending())
	}
	w.see(newPeople(3), 1)
	r := w.Reports()
	if len(r) != 1 || r[0].Rows != 100 || !r[0].From.Equal(opened) || r[0].To.Sub(opened) != 3*time.Hour {
		t.Errorf("%s", text(t, r))
	}
}

func TestAWindowClosesEarlyWhenItIsFull(t *testing.T) {
	d := shopDrift()
	d.MaxRows = 300
	w := newWatch(t, shopReference(t, 200), d)
	p := newPeople(2)
	for i := range 3 {
		w.see(p, 300)
		if r := w.Reports(); len(r) != i+1 || r[i].Rows != 300 || r[i].Sampled != 0 {
			t.Fatalf("%s", text(t, r))
		}
	}
}

func TestATimeThatRunsBackwardsClosesNothing(t *testing.T) {
	w := newWatch(t, shopReference(t, 200), shopDrift())
	w.see(newPeople(2), 150)
	w.clock.pass(-48 * time.Hour)
	w.see(newPeople(3), 150)
	if n := len(w.Reports()); n != 0 || w.Pending() != 300 {
		t.Errorf("%d windows, %d rows pend", n, w.Pending())
	}
}

// A window whose predecessor is still being judged grows rather than lose rows,
// its memory does not, and the sample it keeps is fair.
func TestBeyondTheCapacityRowsAreSampled(t *testing.T) {
	ref := shopReference(t, 2000)
	l, err := newLayout(ref, nil)
	if err != nil {
		t.Fatal(err)
	}
	const capacity, rows = 1000, 50_000
	w := newWindow(l, capacity)
	w.open(time.Unix(0, 0), 7, 1)
	o := (&Monitor{layout: l}).Observer(shopModel())
	for i := range rows {
		row := w.next(time.Unix(int64(i), 0))
		for k := range o.inputs {
			w.take(k, &l.columns[k], &o.inputs[k], row, []float64{float64(i), math.NaN(), 2, 1},
				[]string{"", "", "rent", ""})
		}
		w.answer(l, row, model.Score{Probability: 0.5})
	}
	if w.rows != rows || w.kept != capacity || len(w.blocks)*blockRows > capacity+blockRows {
		t.Fatalf("%d rows, %d kept in %d blocks", w.rows, w.kept, len(w.blocks))
	}
	if w.missing[1] != rows || w.counts[l.columns[2].offset+2] != rows {
		t.Errorf("%d missing incomes and %d rents of %d rows: counts are to be exact", w.missing[1],
			w.counts[l.columns[2].offset+2], rows)
	}
	ages, before := w.numbers(l.columns[0].slot, nil), 0
	for _, a := range ages {
		if a < rows/2 {
			before++
		}
	}
	if math.Abs(float64(before)-capacity/2) > 4*math.Sqrt(capacity/4) {
		t.Errorf("%d of %d sampled rows are of the first half", before, capacity)
	}
	j := newJudge(ref, l, shopDrift())
	if r := j.report(w, 1); r.Rows != rows || r.Sampled != capacity {
		t.Errorf("the report is of %d rows, sampled %d", r.Rows, r.Sampled)
	}
}

func TestNewCategoriesAreBoundedAndAllCounted(t *testing.T) {
	w := newWatch(t, shopReference(t, 2000), shopDrift())
	for i := range 1000 {
		home := fmt.Sprintf("boat %d", i)
		if i%10 == 0 {
			home = string(make([]byte, maxNameBytes+1)) // too long to be kept
		}
		w.observer.Observe([]float64{40, 1000, 3, 1}, []string{"", "", home, ""}, model.Score{})
	}
	w.mu.Lock()
	names := len(w.live.named[2])
	w.mu.Unlock()
	if names != newNames {
		t.Errorf("%d names are kept, want %d", names, newNames)
	}
	c := byName(t, w.hour(), "home")
	if !c.Drifted || sum(c.Histogram.Current) != 1000 || c.Note == "" {
		t.Errorf("%s", text(t, c))
	}
}

func TestObservingAllocatesNothing(t *testing.T) {
	w := newWatch(t, shopReference(t, 2000), shopDrift())
	x := newPeople(2).next()
	values, texts := x.row()
	score := x.score()
	w.observer.Observe(values, texts, score)
	per := testing.AllocsPerRun(blockRows/2, func() { w.observer.Observe(values, texts, score) })
	if per != 0 {
		t.Errorf("%g allocations a row", per)
	}
}

// A window that was restored as a sample, or merged, keeps fewer rows; the next one
// in its memory does not.
func TestAWindowThatIsUsedAgainHasAllItsRoom(t *testing.T) {
	l, err := newLayout(shopReference(t, 200), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newWindow(l, 1000)
	w.capacity = 10
	w.open(time.Unix(0, 0), 7, 2)
	for i := range 1000 {
		w.next(time.Unix(int64(i), 0))
	}
	if w.kept != 1000 {
		t.Errorf("%d of 1000 rows are kept", w.kept)
	}
}
