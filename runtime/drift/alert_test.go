package drift

import (
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// verdicts writes a window a letter: D drifted, A where the alert holds too, !
// where it was raised.
func verdicts(k, n int, drifted string) string {
	a := alert{k: k, n: n}
	var out strings.Builder
	for _, d := range drifted {
		r := &Report{Detected: d == 'D'}
		a.judged(r)
		switch {
		case r.Raised:
			out.WriteByte('!')
		case r.Alert:
			out.WriteByte('A')
		default:
			out.WriteRune(d)
		}
	}
	return out.String()
}

func TestAnAlertTakesKOfTheLastNWindows(t *testing.T) {
	cases := []struct {
		k, n          int
		windows, want string
	}{
		{1, 1, ".D.DD.", ".!.!A."},
		{2, 3, "D.D...", "D.!..."},
		{2, 3, "DD..DD", "D!A.D!"},
		{3, 3, "DD.DDD", "DD.DD!"},
		{2, 5, "D...D.", "D...!."}, // the fifth is the last with the first in sight
		{3, 5, "DDDDDDDD", "DD!AAAAA"},
	}
	for _, c := range cases {
		if got := verdicts(c.k, c.n, c.windows); got != c.want {
			t.Errorf("%d of %d over %s gives %s, want %s", c.k, c.n, c.windows, got, c.want)
		}
	}
}

func retraining() plan.Drift {
	d := shopDrift()
	d.Retrain, d.Alert = true, plan.DriftAlert{Share: 0.25, Windows: 2, Of: 3}
	return d
}

// drifts shows the monitor a window of older people.
func (w *watch) drifts() *Report {
	p := newPeople(9)
	p.older = 15
	w.see(p, 200)
	return w.hour()
}

func (w *watch) heard(t *testing.T, want ...string) {
	t.Helper()
	for _, s := range want {
		select {
		case got := <-w.told:
			if got != s {
				t.Errorf("told %q, want %q", got, s)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("never told %q", s)
		}
	}
}

func TestALastingAlertAsksForOneRetrain(t *testing.T) {
	w := newWatch(t, shopReference(t, 2000), retraining())
	if w.drifts().Alert || !w.drifts().Retrain || w.drifts().Retrain || w.drifts().Retrain {
		t.Errorf("%s", text(t, w.Reports()))
	}
	w.heard(t, "report 1", "report 2", "retrain 2", "report 3", "report 4")
	for range 3 { // it passes, and comes again
		w.see(newPeople(2), 2000)
		if w.hour().Retrain {
			t.Error("the same people ask for a retrain")
		}
	}
	w.drifts()
	if !w.drifts().Retrain {
		t.Error("a second drift has no constraint")
	}
	w.heard(t, "report 5", "report 6", "report 7", "report 8", "report 9", "retrain 9")
}

func TestNoRetrainIsAskedForUnlessTheBlueprintSaysSo(t *testing.T) {
	d := retraining()
	d.Retrain = false
	w := newWatch(t, shopReference(t, 2000), d)
	w.drifts()
	if r := w.drifts(); !r.Alert || !r.Raised || r.Retrain {
		t.Errorf("%s", text(t, r))
	}
	w.heard(t, "report 1", "report 2")
	w.drifts()
	w.heard(t, "report 3") // and not a retrain between
}

func TestWhoIsToldMayAskTheMonitor(t *testing.T) {
	clock, done := newClock(), make(chan error, 1)
	var m *Monitor
	m, err := NewMonitor(MonitorConfig{
		Reference: shopReference(t, 200), Drift: shopDrift(), Now: clock.Now, After: clock.After,
		OnReport: func(*Report) {
			m.Reports()
			m.Pending()
			_, err := m.Snapshot()
			done <- err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &watch{Monitor: m, clock: clock, observer: m.Observer(shopModel())}
	w.see(newPeople(2), 200)
	w.hour()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
