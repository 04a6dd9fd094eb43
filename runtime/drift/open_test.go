package drift

import (
	"sync"
	"testing"
	"time"
)

func TestTheOpenWindowIsShownFromItsFirstHundredRows(t *testing.T) {
	w := newWatch(t, shopReference(t, 900), shopDrift())
	p := newPeople(3)
	p.older, p.home = 15, []string{"rent", "boat"}
	w.see(p, openRows-1)
	if r := w.Open(); r != nil {
		t.Fatalf("of %d rows: %s", openRows-1, text(t, r))
	}
	w.see(p, 1)
	r := w.Open()
	if r == nil || !r.Open || r.Rows != openRows || r.Window != 1 || !r.DatasetDrift || !r.Detected || r.Alert {
		t.Fatalf("of the first rows: %s", text(t, r))
	}
	if len(w.Reports()) != 0 || len(w.told) != 0 {
		t.Errorf("%d reports, and %d were told", len(w.Reports()), len(w.told))
	}
	closed := w.hour()
	if closed == nil || closed.Open || closed.Window != 1 || closed.Rows != openRows || !closed.Alert {
		t.Fatalf("of the closed window: %s", text(t, closed))
	}
	// The same rows say the same, whether the window is open or closed.
	if a, b := byName(t, r, "age"), byName(t, closed, "age"); text(t, a) != text(t, b) {
		t.Errorf("open %s\nclosed %s", text(t, a), text(t, b))
	}
	if r := w.Open(); r != nil {
		t.Errorf("with no window open: %s", text(t, r))
	}
	w.see(newPeople(2), 150)
	if r := w.Open(); r == nil || r.Window != 2 || r.Detected || !r.Alert || r.DriftedWindows != 1 {
		t.Errorf("after an alert: %s", text(t, r))
	}
}

func TestAnOpenWindowIsComparedAgainWhenItHasGrown(t *testing.T) {
	w := newWatch(t, shopReference(t, 900), shopDrift())
	p := newPeople(2)
	w.see(p, 200)
	first := w.Open()
	w.see(p, 19)
	if again := w.Open(); again != first {
		t.Errorf("219 rows were compared after 200")
	}
	w.see(p, 1)
	if again := w.Open(); again == first || again.Rows != 220 {
		t.Errorf("220 rows were not compared after 200")
	}
}

// A window that closes with fewer rows than a hundred is shown from those on.
func TestASmallOpenWindowIsShownFromItsLeastRows(t *testing.T) {
	d := shopDrift()
	d.MinRows = 30
	w := newWatch(t, shopReference(t, 900), d)
	w.see(newPeople(2), 30)
	if r := w.Open(); r == nil || r.Rows != 30 {
		t.Errorf("%s", text(t, r))
	}
}

// Looking takes nothing away: of a window that is larger than what a look compares, the
// closed one still has every row.
func TestLookingAtAnOpenWindowLeavesItWhole(t *testing.T) {
	w := newWatch(t, shopReference(t, 900), shopDrift())
	p := newPeople(2)
	most := snapshotNumbers / w.layout.width
	for range 3 {
		w.see(p, (most+300)/3)
		w.Open()
	}
	w.see(p, 10)
	w.hour()
	total := int64(0)
	for _, r := range w.Reports() {
		total += r.Rows
		if r.Sampled != 0 {
			t.Errorf("of %d rows %d were kept", r.Rows, r.Sampled)
		}
	}
	if want := int64((most+300)/3*3 + 10); total+w.Pending() != want {
		t.Errorf("%d rows in windows and %d pending, want %d", total, w.Pending(), want)
	}
}

func TestAnOpenWindowIsLookedAtWhileRowsCome(t *testing.T) {
	w := newWatch(t, shopReference(t, 900), shopDrift())
	var all sync.WaitGroup
	for seed := range uint64(2) {
		all.Go(func() { w.see(newPeople(seed), 3000) })
	}
	for range 200 {
		if r := w.Open(); r != nil && !r.Open {
			t.Error("a report that is not of the open window")
		}
		time.Sleep(100 * time.Microsecond)
	}
	all.Wait()
	if r := w.hour(); r == nil || r.Rows != 6000 {
		t.Errorf("%s", text(t, r))
	}
}
