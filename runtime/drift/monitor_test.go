package drift

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/drift/statistic"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

func TestTheSamePeopleDoNotDrift(t *testing.T) {
	for _, rows := range []int{900, 4000} {
		w := newWatch(t, shopReference(t, rows), shopDrift())
		w.see(newPeople(2), 3000)
		r := w.hour()
		if r == nil || r.DatasetDrift || r.Drifted > 0 || r.Predictions.Drifted || r.Alert {
			t.Errorf("against %d rows: %s", rows, text(t, r))
		}
	}
}

func TestOtherPeopleDrift(t *testing.T) {
	for _, rows := range []int{100, 900, 4000} {
		w := newWatch(t, shopReference(t, rows), shopDrift())
		p := newPeople(3)
		p.older, p.home = 15, []string{"rent", "boat"}
		w.see(p, 500)
		r := w.hour()
		age, home, income := byName(t, r, "age"), byName(t, r, "home"), byName(t, r, "income")
		if !r.DatasetDrift || r.Drifted != 2 || r.Share != 0.5 || !age.Drifted || !home.Drifted || income.Drifted {
			t.Errorf("against %d rows: %s", rows, text(t, r))
		}
		if age.Test != "wasserstein" || home.Test != "jensenshannon" || r.FalseAlarmRate != plan.DefaultFalseAlarmRate {
			t.Errorf("against %d rows age is measured by %s and home by %s, at a rate of %g", rows, age.Test,
				home.Test, r.FalseAlarmRate)
		}
		if d := age.Mean.Current - age.Mean.Reference; math.Abs(d-15) > 2 {
			t.Errorf("people %g years older than 15 years older", d)
		}
		if !strings.Contains(home.Note, "never seen in training, such as boat") {
			t.Errorf("the note on home is %q", home.Note)
		}
	}
}

func TestPredictionsAreCompared(t *testing.T) {
	w := newWatch(t, shopReference(t, 900), shopDrift())
	p := newPeople(2)
	p.older = 15
	w.see(p, 500)
	got := w.hour().Predictions
	if !got.Drifted || got.Test != "wasserstein" || got.ReferenceRows != 900 || got.Column.Column != "probability" ||
		got.Mean.Current < got.Mean.Reference+0.1 || got.Std.Current <= 0 {
		t.Errorf("predictions: %s", text(t, got))
	}
	if h := got.Histogram; len(h.Reference) != 10 || sum(h.Reference) != 900 || sum(h.Current) != 500 {
		t.Errorf("histogram of probabilities: %s", text(t, h))
	}
	if h := got.Labels; fmt.Sprint(h.Labels) != "[bad good]" || sum(h.Reference) != 900 || sum(h.Current) != 500 {
		t.Errorf("predicted classes: %s", text(t, h))
	}
}

func TestMissingValuesThatWereNotMissingAreDrift(t *testing.T) {
	w := newWatch(t, shopReference(t, 4000), shopDrift())
	p := newPeople(2)
	p.gone = 0.3
	w.see(p, 500)
	c := byName(t, w.hour(), "income")
	if !c.Drifted || c.ValuesDrifted || !c.Missing.Drifted || math.Abs(c.Missing.Reference-0.05) > 0.02 ||
		math.Abs(c.Missing.Current-0.3) > 0.07 {
		t.Errorf("income: %s", text(t, c))
	}
}

func TestAFeatureThatStopsArrivingIsDrift(t *testing.T) {
	w := newWatch(t, shopReference(t, 900), shopDrift())
	for range 200 {
		w.observer.Observe([]float64{math.NaN(), math.NaN(), math.NaN(), math.NaN()}, make([]string, 4), model.Score{})
	}
	r := w.hour()
	if r.Drifted != 4 {
		t.Fatalf("%d columns drifted: %s", r.Drifted, text(t, r))
	}
	for _, c := range r.Columns {
		if c.Note != "no values to compare" || c.Missing.Current != 1 {
			t.Errorf("%s: %s", c.Column, text(t, c))
		}
	}
}

func TestANamedTestIsUsedWhereItApplies(t *testing.T) {
	// Where a named test does not apply, Evidently's choice for so many rows does.
	small := newWatch(t, shopReference(t, 900),
		plan.Drift{Window: "1h", MinRows: 100, MaxRows: 1000, Tests: "psi",
			Alert: plan.DriftAlert{Share: 1, Windows: 1, Of: 1}})
	for name, test := range map[string]string{"age": "ks", "home": "chisquare", "member": "z"} {
		c := small.judge.layout.columns[map[string]int{"age": 0, "home": 2, "member": 3}[name]]
		got := choose("none", &comparison{rows: 900, numeric: c.slot >= 0, referenceCounts: c.profile.Counts,
			currentCounts: c.profile.Counts})
		if got.name != test {
			t.Errorf("%s is tested by %s of 900 rows, want %s", name, got.name, test)
		}
	}
	want := map[string][3]string{ // age, home, member
		"auto": {"wasserstein", "jensenshannon", "jensenshannon"}, "ks": {"ks", "jensenshannon", "jensenshannon"},
		"chisquare": {"wasserstein", "chisquare", "chisquare"}, "z": {"wasserstein", "jensenshannon", "z"},
		"wasserstein": {"wasserstein", "jensenshannon", "jensenshannon"}, "psi": {"psi", "psi", "psi"},
		"jensenshannon": {"jensenshannon", "jensenshannon", "jensenshannon"},
	}
	ref := shopReference(t, 2000)
	for _, name := range append(Tests(), "auto") {
		d := shopDrift()
		d.Tests = name
		w := newWatch(t, ref, d)
		w.see(newPeople(2), 1000)
		r := w.hour()
		got := [3]string{byName(t, r, "age").Test, byName(t, r, "home").Test, byName(t, r, "member").Test}
		if got != want[name] {
			t.Errorf("tests %s: age, home and member are tested by %v, want %v", name, got, want[name])
		}
		if r.Drifted != 0 {
			t.Errorf("tests %s: the same people drift: %s", name, text(t, r))
		}
	}
}

func TestOnlyTheNamedColumnsAreWatched(t *testing.T) {
	d := shopDrift()
	d.Columns = []string{"home", "age"}
	w := newWatch(t, shopReference(t, 900), d)
	p := newPeople(2)
	p.older, p.gone = 15, 1
	w.see(p, 300)
	if r := w.hour(); len(r.Columns) != 2 || r.Columns[0].Column != "age" || r.Drifted != 1 || r.Share != 0.5 {
		t.Errorf("%s", text(t, r))
	}
}

func TestAutoCorrectsAllPValuesOfAWindowTogether(t *testing.T) {
	w := newWatch(t, shopReference(t, 900), shopDrift())
	w.see(newPeople(2), 1000)
	var raw, corrected []float64
	r := w.hour()
	all := append(r.Columns, r.Predictions.Column)
	for _, c := range all {
		raw, corrected = append(raw, *c.PValue), append(corrected, *c.PAdjusted)
	}
	income := byName(t, r, "income").Missing // nothing else is ever missing
	raw, corrected = append(raw, *income.PValue), append(corrected, *income.PAdjusted)
	if want := statistic.Adjust(raw); fmt.Sprint(want) != fmt.Sprint(corrected) ||
		fmt.Sprint(raw) == fmt.Sprint(corrected) {
		t.Errorf("p-values %v are corrected to %v, want %v", raw, corrected, want)
	}
}

func TestANamedTestCorrectsAcrossTheColumnsOnly(t *testing.T) {
	d := shopDrift()
	d.Tests = "ks"
	w := newWatch(t, shopReference(t, 900), d)
	w.see(newPeople(2), 1000)
	var raw, corrected []float64
	r := w.hour()
	for _, c := range r.Columns {
		raw, corrected = append(raw, *c.PValue), append(corrected, *c.PAdjusted)
	}
	p := r.Predictions
	if want := statistic.Adjust(raw); fmt.Sprint(want) != fmt.Sprint(corrected) || *p.PAdjusted != *p.PValue ||
		p.Threshold != significance || r.FalseAlarmRate != 0 {
		t.Errorf("p-values %v are corrected to %v, want %v; of the predictions %s", raw, corrected, want, text(t, p))
	}
}

func TestAMonitorNamesAllThatIsWrong(t *testing.T) {
	_, err := NewMonitor(MonitorConfig{Reference: shopReference(t, 100), Now: newClock().Now, Drift: plan.Drift{
		Window: "soon", MinRows: 10, MaxRows: 5, Tests: "anova", Alert: plan.DriftAlert{Share: 2, Windows: 3, Of: 2},
	}})
	for _, want := range []string{`"soon"`, "10 to 5", `"anova"`, "share of 2", "3 of the last 2"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
	d := shopDrift()
	d.Columns = []string{"shoe size"}
	if _, err := NewMonitor(MonitorConfig{Reference: shopReference(t, 100), Drift: d,
		Now: newClock().Now}); err == nil || !strings.Contains(err.Error(), "shoe size") {
		t.Errorf("an unknown column gives %v", err)
	}
}

func TestManyMayObserveAtOnce(t *testing.T) {
	const each, hands = 4000, 8
	d := shopDrift()
	d.MinRows, d.MaxRows = 100, 1000
	w := newWatch(t, shopReference(t, 500), d)
	var wg sync.WaitGroup
	for hand := range hands {
		wg.Go(func() { w.see(newPeople(uint64(hand)), each) })
		wg.Go(func() {
			for range 20 {
				w.Reports()
				w.Pending()
				if _, err := w.Snapshot(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	// Whatever the order, no row is lost or counted twice. Both numbers are read under
	// one lock: a window that closes between two reads would be in both of them.
	w.lockSettled()
	rows, reports := int64(0), w.reports
	if w.live != nil {
		rows = w.live.rows
	}
	w.mu.Unlock()
	for _, r := range reports {
		rows += r.Rows
		for _, c := range r.Columns {
			if c.Type == plan.Category && sum(c.Histogram.Current) != r.Rows {
				t.Errorf("window %d: %d homes of %d rows", r.Window, sum(c.Histogram.Current), r.Rows)
			}
		}
	}
	if rows != each*hands {
		t.Errorf("%d rows in the windows, %d were shown", rows, each*hands)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func sum(v []int64) int64 {
	n := int64(0)
	for _, x := range v {
		n += x
	}
	return n
}

func TestNumbersOfFewValuesAreCategoriesUntilOthersCome(t *testing.T) {
	for _, rows := range []int{500, 2000} {
		f := &dataset.Frame{Rows: rows, Columns: []dataset.Column{{Name: "age", Type: plan.Integer}}}
		for i := range rows {
			f.Columns[0].Floats = append(f.Columns[0].Floats, float64(i%4))
		}
		ref, err := NewReference(f, &model.Predictions{Value: f.Columns[0].Floats}, ReferenceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		w := newWatch(t, ref, shopDrift())
		for i := range 400 {
			w.observer.Observe([]float64{float64(i % 4)}, []string{""}, model.Score{})
		}
		if c := byName(t, w.hour(), "age"); c.Test != "jensenshannon" || c.Drifted {
			t.Errorf("of %d rows: %s", rows, text(t, c))
		}
		for i := range 400 {
			w.observer.Observe([]float64{float64(i)}, []string{""}, model.Score{})
		}
		if c := byName(t, w.hour(), "age"); c.Test != "wasserstein" || !c.Drifted {
			t.Errorf("of %d rows: %s", rows, text(t, c))
		}
	}
}
