package drift

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func saved(t testing.TB, w *watch) []byte {
	t.Helper()
	b, err := w.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// again is a monitor of a later process that takes over a snapshot.
func again(t *testing.T, w *watch, d plan.Drift) *watch {
	t.Helper()
	next := newWatch(t, w.cfg.Reference, d)
	next.clock.now = w.clock.Now()
	if err := next.Restore(saved(t, w)); err != nil {
		t.Fatal(err)
	}
	return next
}

func TestARestartChangesNoVerdict(t *testing.T) {
	ref, d := shopReference(t, 900), retraining()
	straight, halted := newWatch(t, ref, d), newWatch(t, ref, d)
	a, b := newPeople(5), newPeople(5)
	b.home = append([]string{"boat"}, b.home...)
	a.home = b.home
	for range 4 {
		straight.see(a, 130)
		halted.see(b, 130)
		straight.clock.pass(25 * time.Minute)
		halted.clock.pass(25 * time.Minute)
		halted = again(t, halted, d)
		if p := halted.Pending(); p != straight.Pending() {
			t.Fatalf("%d rows pend after a restart, %d without", p, straight.Pending())
		}
		straight.see(a, 70)
		halted.see(b, 70)
		straight.hour()
		halted.hour()
	}
	x, y := verdictsOf(t, straight), verdictsOf(t, again(t, halted, d))
	if x != y {
		t.Errorf("without a restart %s\nwith one %s", x, y)
	}
}

// verdictsOf are the reports but for what is asked again after a restart.
func verdictsOf(t *testing.T, w *watch) string {
	t.Helper()
	var out []Report
	for _, r := range w.Reports() {
		c := *r
		c.Raised, c.Retrain = false, false
		out = append(out, c)
	}
	if len(out) != 4 || !out[3].Alert {
		t.Fatalf("%d reports, or no alert", len(out))
	}
	return text(t, out)
}

func TestAWindowThatWasDueBeforeTheRestartClosesAfterIt(t *testing.T) {
	w := newWatch(t, shopReference(t, 200), shopDrift())
	w.see(newPeople(2), 150)
	w.clock.pass(30 * time.Minute)
	b := saved(t, w)
	next := newWatch(t, w.cfg.Reference, shopDrift())
	next.clock.now = w.clock.Now().Add(10 * time.Hour)
	if err := next.Restore(b); err != nil {
		t.Fatal(err)
	}
	next.clock.wake()
	next.heard(t, "report 1")
}

func TestARetrainThatTheLastProcessMayNotHaveDoneIsAskedForOnceMore(t *testing.T) {
	w := newWatch(t, shopReference(t, 2000), retraining())
	w.drifts()
	w.drifts()
	w.drifts()
	w = again(t, w, retraining())
	if !w.drifts().Retrain || w.drifts().Retrain {
		t.Errorf("%s", text(t, w.Reports()))
	}
	w.heard(t, "report 4", "retrain 4", "report 5")
}

func TestReportsAreBounded(t *testing.T) {
	d := shopDrift()
	d.MinRows, d.MaxRows = 1, 1
	w := newWatch(t, shopReference(t, 50), d)
	p := newPeople(2)
	for range 3 * keptReports {
		w.see(p, 1)
		w.Reports()
	}
	r := w.Reports()
	if len(r) != keptReports || r[len(r)-1].Window != 3*keptReports || r[0].Window != 2*keptReports+1 {
		t.Errorf("%d reports, %d to %d", len(r), r[0].Window, r[len(r)-1].Window)
	}
}

func TestALargeWindowIsSavedAsASample(t *testing.T) {
	w := newWatch(t, shopReference(t, 200), plan.Drift{
		Window: "1h", MinRows: 1, MaxRows: 1_000_000, Tests: "auto",
		Alert: plan.DriftAlert{Share: 0.5, Windows: 1, Of: 1},
	})
	const rows = 200_000
	w.see(newPeople(2), rows)
	b := saved(t, w)
	if len(b) > maxSnapshot/2 {
		t.Errorf("%d bytes", len(b))
	}
	next := again(t, w, w.cfg.Drift)
	next.see(newPeople(3), 1000)
	r := next.hour()
	if r.Rows != rows+1000 || r.Sampled != snapshotNumbers/3 || r.DatasetDrift {
		t.Errorf("%d rows, sampled %d: %s", r.Rows, r.Sampled, text(t, r))
	}
	if c := byName(t, r, "home"); sum(c.Histogram.Current) != rows+1000 {
		t.Errorf("%d homes of %d: counts are to be exact", sum(c.Histogram.Current), rows+1000)
	}
}

func TestASnapshotThatCannotBeIsRefusedAndChangesNothing(t *testing.T) {
	w := newWatch(t, shopReference(t, 200), shopDrift())
	w.see(newPeople(2), 150)
	w.hour()
	w.see(newPeople(3), 50)
	good := saved(t, w)
	for name, spoil := range map[string]func(map[string]any, map[string]any){
		"another version":   func(s, _ map[string]any) { s["version"] = 2 },
		"another reference": func(s, _ map[string]any) { s["of"] = "sha256:0" },
		"a missing report":  func(s, _ map[string]any) { s["reports"] = []any{nil} },
		"a report of other names": func(s,
			_ map[string]any) {
			s["reports"].([]any)[0].(map[string]any)["columns"] = []any{}
		},
		"a future report":        func(s, _ map[string]any) { s["sequence"] = 0 },
		"very many verdicts":     func(s, _ map[string]any) { s["verdicts"] = make([]bool, 1001) },
		"fewer rows than counts": func(_, l map[string]any) { l["rows"] = 49 },
		"more rows than counts":  func(_, l map[string]any) { l["rows"] = 51 },
		"no numbers":             func(_, l map[string]any) { l["numbers"] = "" },
		"half a row":             func(_, l map[string]any) { l["numbers"] = "AAAA" },
		"infinite numbers": func(_,
			l map[string]any) {
			l["numbers"] = strings.Repeat("AAAAAAAA8H8AAAAAAADwfwAAAAAAAPB/", 1)
		},
		"a negative count": func(_, l map[string]any) { l["counts"].([]any)[0] = -1 },
		"missing counts":   func(_, l map[string]any) { l["counts"] = []any{} },
		"names of numbers": func(_,
			l map[string]any) {
			l["named"] = []any{map[string]any{"a": 1}, nil, nil, nil, nil, nil}
		},
		"a window of tomorrow": func(_, l map[string]any) {
			l["opened"],
				l["last"] = "2999-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
		},
		"an end before its start": func(_, l map[string]any) { l["last"] = "1999-01-01T00:00:00Z" },
	} {
		t.Run(name, func(t *testing.T) {
			var s map[string]any
			if err := json.Unmarshal(good, &s); err != nil {
				t.Fatal(err)
			}
			spoil(s, s["live"].(map[string]any))
			b, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			next := newWatch(t, w.cfg.Reference, shopDrift())
			next.clock.now = w.clock.Now()
			if err := next.Restore(b); err == nil || !strings.HasPrefix(err.Error(), "drift snapshot") {
				t.Fatalf("restored: %v", err)
			}
			if next.Pending() != 0 || len(next.Reports()) != 0 {
				t.Error("something was taken over all the same")
			}
			if err := next.Restore(good); err != nil {
				t.Errorf("the good one is refused after it: %v", err)
			}
		})
	}
}

func TestASnapshotIsRestoredBeforeTheFirstRowOnly(t *testing.T) {
	w := newWatch(t, shopReference(t, 200), shopDrift())
	w.see(newPeople(2), 10)
	if err := w.Restore(saved(t, w)); err == nil {
		t.Error("rows that were seen are gone")
	}
}

func TestTheSampleThatIsSavedIsFair(t *testing.T) {
	l, err := newLayout(tinyReference(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 400_000
	w := newWindow(l, rows)
	w.open(time.Unix(0, 0), 1, 1)
	for i := range rows {
		w.next(time.Unix(0, 0))[0] = float64(i)
	}
	numbers, early := w.save().Numbers, 0
	kept := len(numbers) / 8 / l.width
	for i := range kept {
		if math.Float64frombits(binary.LittleEndian.Uint64(numbers[8*l.width*i:])) < rows/2 {
			early++
		}
	}
	if kept != snapshotNumbers/l.width || math.Abs(float64(early)-float64(kept)/2) > 4*math.Sqrt(float64(kept))/2 {
		t.Errorf("%d of the %d rows saved are of the first half", early, kept)
	}
}
