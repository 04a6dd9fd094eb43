package drift

import (
	"encoding/json"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// replica is a gatherer of the shop.
type replica struct {
	*Gatherer
	observer *Gathering
}

func newReplica(t testing.TB, w *watch, d plan.Drift) *replica {
	t.Helper()
	g, err := NewGatherer(w.cfg.Reference, d, w.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return &replica{g, g.Observer(shopModel())}
}

func (r *replica) see(p *people, n int) {
	for range n {
		x := p.next()
		values, texts := x.row()
		r.observer.Observe(values, texts, x.score())
	}
}

func (r *replica) taken(t testing.TB) []byte {
	t.Helper()
	b, err := r.Take()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *watch) add(t testing.TB, segment []byte) {
	t.Helper()
	if err := w.Add(segment); err != nil {
		t.Fatal(err)
	}
}

// TestReplicasTogetherSeeWhatOneWouldHaveSeen shows the same rows to one
// monitor and, divided at random, to three replicas whose segments are added up.
func TestReplicasTogetherSeeWhatOneWouldHaveSeen(t *testing.T) {
	for _, rows := range []int{900, 4000} {
		alone := newWatch(t, shopReference(t, rows), shopDrift())
		judge := newWatch(t, alone.cfg.Reference, shopDrift())
		replicas := []*replica{newReplica(t, judge, shopDrift()), newReplica(t, judge, shopDrift()),
			newReplica(t, judge, shopDrift())}
		p := newPeople(3)
		p.older, p.home = 4, []string{"rent", "boat", "tent", "owner"}
		for range 4 {
			for i := range 300 {
				x := p.next()
				values, texts := x.row()
				alone.observer.Observe(values, texts, x.score())
				replicas[(i*7+i/5)%3].observer.Observe(values, texts, x.score())
			}
			alone.clock.pass(10 * time.Minute)
			judge.clock.pass(10 * time.Minute)
			for _, r := range replicas {
				judge.add(t, r.taken(t))
			}
		}
		if judge.Pending() != alone.Pending() || judge.Pending() != 1200 {
			t.Fatalf("%d rows pend, alone %d", judge.Pending(), alone.Pending())
		}
		want, got := *alone.hour(), *judge.hour()
		if got.To.After(want.To) || got.From != want.From {
			t.Errorf("%s to %s, alone %s to %s", got.From, got.To, want.From, want.To)
		}
		got.To = want.To
		if text(t, want) != text(t, got) {
			t.Errorf("alone %s\ntogether %s", text(t, want), text(t, got))
		}
	}
}

func TestTakingLeavesNothingBehind(t *testing.T) {
	w := newWatch(t, shopReference(t, 200), shopDrift())
	r := newReplica(t, w, shopDrift())
	if b := r.taken(t); b != nil {
		t.Errorf("nothing was seen and %s taken", b)
	}
	p := newPeople(2)
	for range 3 {
		r.see(p, 40)
		if r.Pending() != 40 {
			t.Errorf("%d rows pend", r.Pending())
		}
		w.add(t, r.taken(t))
		if r.Pending() != 0 || r.taken(t) != nil {
			t.Errorf("%d rows were left", r.Pending())
		}
	}
	if w.Pending() != 120 {
		t.Errorf("%d of 120 rows were added", w.Pending())
	}
}

func TestManyObserveWhileSegmentsAreTaken(t *testing.T) {
	w := newWatch(t, shopReference(t, 200), shopDrift())
	r := newReplica(t, w, shopDrift())
	var group sync.WaitGroup
	segments := make(chan []byte, 1000)
	for hand := range 4 {
		group.Go(func() { r.see(newPeople(uint64(hand)), 1000) })
		group.Go(func() {
			for range 20 {
				if b := r.taken(t); b != nil {
					segments <- b
				}
			}
		})
	}
	group.Wait()
	segments <- r.taken(t)
	close(segments)
	for b := range segments {
		if b != nil {
			w.add(t, b)
		}
	}
	if w.Pending() != 4000 {
		t.Errorf("%d of 4000 rows arrived", w.Pending())
	}
}

func TestSegmentsCloseTheWindowsThatTheirRowsWouldHave(t *testing.T) {
	w := newWatch(t, shopReference(t, 200), shopDrift())
	r := newReplica(t, w, shopDrift())
	p := newPeople(2)
	var segments [][]byte
	for range 6 { // of 20 minutes each, so that three make a window
		r.see(p, 50)
		segments = append(segments, r.taken(t))
		w.clock.pass(20 * time.Minute)
	}
	for _, s := range segments {
		w.add(t, s)
	}
	reports := w.Reports()
	if len(reports) != 2 || reports[0].Rows != 150 || reports[1].Rows != 150 ||
		reports[1].From.Sub(reports[0].From) != time.Hour {
		t.Errorf("%s", text(t, reports))
	}
	d := shopDrift()
	d.MinRows, d.MaxRows = 10, 120
	full := newWatch(t, w.cfg.Reference, d)
	full.clock.now = w.clock.Now()
	r = newReplica(t, full, d)
	for range 4 {
		r.see(p, 50)
		full.add(t, r.taken(t))
	}
	if reports := full.Reports(); len(reports) != 1 || reports[0].Rows != 150 || full.Pending() != 50 {
		t.Errorf("%d rows pend, %s", full.Pending(), text(t, reports))
	}
}

// TestASampleOfSegmentsIsUniform merges a small old segment into a large one,
// beyond what a window keeps: the share of the old must stay what it is.
func TestASampleOfSegmentsIsUniform(t *testing.T) {
	d := shopDrift()
	d.MaxRows = 2000
	w := newWatch(t, shopReference(t, 300), d)
	young, old := newReplica(t, w, d), newReplica(t, w, d)
	people, elders := newPeople(2), newPeople(3)
	elders.older = 200
	young.see(people, 1500)
	old.see(elders, 499)
	w.add(t, old.taken(t))
	w.add(t, young.taken(t))
	w.mu.Lock()
	w.live.mergeNumbers(windowOf(t, w, young, people, 1900), 1000)
	kept := w.live.numbers(0, nil)
	w.mu.Unlock()
	share := 0.0
	for _, age := range kept {
		if age > 150 {
			share += 1 / float64(len(kept))
		}
	}
	// 499 of 3899 rows: 0.128, of 1000 with a standard deviation of 0.01.
	if len(kept) < 900 || len(kept) > 1000 || math.Abs(share-0.128) > 0.05 {
		t.Errorf("of %d kept rows the share %.3f is old, want 0.128", len(kept), share)
	}
}

// windowOf is a window of n rows.
func windowOf(t *testing.T, w *watch, r *replica, p *people, n int) *window {
	t.Helper()
	r.see(p, n)
	var s segment
	if err := json.Unmarshal(r.taken(t), &s); err != nil {
		t.Fatal(err)
	}
	out, err := w.load(s.Window, 1)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestASegmentThatDoesNotFitChangesNothing(t *testing.T) {
	w := newWatch(t, shopReference(t, 200), shopDrift())
	r := newReplica(t, w, shopDrift())
	r.see(newPeople(2), 30)
	good := r.taken(t)
	w.add(t, good)
	before := string(saved(t, w))
	other := newWatch(t, shopReference(t, 201), shopDrift())
	stranger := newReplica(t, other, shopDrift())
	stranger.see(newPeople(2), 30)
	for name, c := range map[string]struct {
		segment []byte
		want    string
	}{
		"nothing":    {nil, "JSON"},
		"half of it": {good[:len(good)/2], "JSON"},
		"of another version": {[]byte(strings.Replace(string(good), `"version":1`,
			`"version":9`, 1)), "of version 9"},
		"of another reference":     {stranger.taken(t), "another reference"},
		"a snapshot":               {saved(t, w), "no window"},
		"rows that do not add up":  {[]byte(strings.Replace(string(good), `"rows":30`, `"rows":31`, 1)), "31 rows"},
		"rows that are impossible": {[]byte(strings.Replace(string(good), `"rows":30`, `"rows":-1`, 1)), "rows kept"},
		"larger than any":          {make([]byte, maxSnapshot+1), "at most"},
	} {
		if err := w.Add(c.segment); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if after := string(saved(t, w)); after != before {
		t.Errorf("the monitor changed from %s to %s", before, after)
	}
	w.clock.now = w.clock.now.Add(-time.Hour) // the replica's clock is ahead
	w.add(t, good)
	if w.Pending() != 60 {
		t.Errorf("%d rows pend", w.Pending())
	}
}

func TestARestoredAlertAsksOnceWhereItsCallerRemembers(t *testing.T) {
	w := newWatch(t, shopReference(t, 2000), retraining())
	w.drifts()
	w.drifts()
	b := saved(t, w)
	next := newWatch(t, w.cfg.Reference, retraining())
	next.clock.now, next.cfg.AskOnce = w.clock.Now(), true
	if err := next.Restore(b); err != nil {
		t.Fatal(err)
	}
	if r := next.drifts(); !r.Alert || r.Retrain {
		t.Errorf("%s", text(t, r))
	}
}

func FuzzAdd(f *testing.F) {
	ref := tinyReference(f)
	w := tinyWatch(f, ref, "auto")
	r := newReplica(f, w, w.cfg.Drift)
	r.see(newPeople(3), 2)
	f.Add(r.taken(f))
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := tinyWatch(t, ref, "auto")
		w.clock.now = w.clock.now.AddDate(1, 0, 0)
		if w.Add(b) != nil {
			return
		}
		w.see(newPeople(3), 20)
		if err := w.Add(b); err != nil {
			t.Errorf("it fits once and not again: %v", err)
		}
		w.hour()
		next := tinyWatch(t, ref, "auto")
		next.clock.now = w.clock.Now()
		if err := next.Restore(saved(t, w)); err != nil {
			t.Errorf("what was added cannot be saved and restored: %v", err)
		}
	})
}
