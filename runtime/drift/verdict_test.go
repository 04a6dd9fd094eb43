package drift

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Three columns of sixteen carry the model and shift; their share is far from half.
func carried(t *testing.T, edit func(*plan.DriftAlert)) *Report {
	t.Helper()
	moved := shifted(map[string]func(*rand.Rand, float64) float64{"heavy": moving(2), "skewed": stretched(4),
		"home": replaced(0.5, 77)})
	random := rand.New(rand.NewPCG(9, 9))
	ref := mixed().reference(t, random, 1000,
		map[string]float64{"heavy": 0.1, "skewed": 0.06, "home": 0.04, "normal": 0.05, "flag": -0.01})
	d := shopDrift()
	edit(&d.Alert)
	return newWitness(t, ref, d).judged(moved, random, 400)
}

func TestAWindowCountsByImportanceByNamedColumnsAndByPredictions(t *testing.T) {
	no := false
	for name, c := range map[string]struct {
		edit    func(*plan.DriftAlert)
		reasons string
	}{
		"by importance, unless said": {func(*plan.DriftAlert) {}, "[share]"},
		"by importance": {func(a *plan.DriftAlert) { a.WeightedBy = "importance"; a.Share = 0.75 },
			"[share]"},
		"not of enough importance": {func(a *plan.DriftAlert) { a.Share = 0.85 }, "[]"},
		"by number":                {func(a *plan.DriftAlert) { a.WeightedBy = "none" }, "[]"},
		"by number, of three":      {func(a *plan.DriftAlert) { a.WeightedBy, a.Share = "none", 3.0/16 }, "[share]"},
		"a named column": {func(a *plan.DriftAlert) {
			a.WeightedBy, a.Columns = "none",
				[]string{"normal", "home"}
		}, "[columns]"},
		"a named column that stays": {func(a *plan.DriftAlert) {
			a.WeightedBy, a.Columns = "none",
				[]string{"normal"}
		}, "[]"},
		"predictions that stay": {func(a *plan.DriftAlert) { a.WeightedBy, a.Predictions = "none", &no }, "[]"},
	} {
		r := carried(t, c.edit)
		if got := fmt.Sprint(r.Reasons); got != c.reasons || r.Detected != (c.reasons != "[]") ||
			r.DatasetDrift != strings.Contains(got, "share") {
			t.Errorf("%s: the window counts by %s, want %s: %d of %d columns drifted", name, got, c.reasons,
				r.Drifted, len(r.Columns))
		}
		if r.Drifted != 3 || r.Share != 3.0/16 {
			t.Errorf("%s: %d columns, a share of %g", name, r.Drifted, r.Share)
		}
	}
	if r := carried(t, func(*plan.DriftAlert) {}); r.WeightedShare == nil || *r.WeightedShare != 0.2/0.25 ||
		!strings.Contains(r.Summary(), "3 of 16 columns drifted (80 % of the importance): counts towards the alert by share") {
		t.Errorf("%s", r.Summary())
	}
}

func TestPredictionsAreEnoughUnlessTheBlueprintSaysOtherwise(t *testing.T) {
	no, yes := false, true
	for _, on := range []*bool{nil, &yes, &no} {
		d := shopDrift()
		d.Alert.Predictions = on
		w := newWatch(t, shopReference(t, 900), d)
		p := newPeople(2)
		p.older = 10 // one column of four
		w.see(p, 300)
		r := w.hour()
		if want := on != &no; r.Detected != want || r.Alert != want || r.DatasetDrift || !r.Predictions.Drifted {
			t.Errorf("predictions %v: %s", on, r.Summary())
		}
	}
}

// Without importances, as of a reference that an earlier program made, columns
// count the same.
func TestWithoutImportancesColumnsCountTheSame(t *testing.T) {
	w := newWatch(t, shopReference(t, 900), shopDrift())
	p := newPeople(3)
	p.older, p.home = 15, []string{"rent", "boat"}
	w.see(p, 300)
	if r := w.hour(); r.WeightedShare != nil || r.Share != 0.5 || !r.DatasetDrift {
		t.Errorf("%s", text(t, r))
	}
}

func TestAWindowMayBeADay(t *testing.T) {
	d := shopDrift()
	d.Window = "1d"
	w := newWatch(t, shopReference(t, 900), d)
	w.see(newPeople(2), 200)
	if r := w.hour(); r != nil {
		t.Fatalf("a window of a day closes after an hour: %s", r.Summary())
	}
	for range 23 {
		w.clock.pass(3_600_000_000_000)
	}
	if len(w.Reports()) != 1 {
		t.Error("a window of a day does not close after a day")
	}
}

// A column of identifiers has more categories than anybody can name. Those that
// a small reference has are asked about since it has them, so that one of them
// is there twice and in the window not at all says nothing.
func TestCategoriesThatAreTooManyToNameAreNoNews(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	identifiers := table{reference: []int64{2}, current: []int64{0}, nameless: 9_900, rows: [2]int64{150, 10_000}}
	for i := range int64(148) {
		identifiers.reference, identifiers.current = append(identifiers.reference, 1),
			append(identifiers.current, i%8/7)
	}
	if p := categoriesPermuted(identifiers, random); p < 0.1 {
		t.Errorf("one of 149 names that occurs twice has a p-value of %g", p)
	}
	gone := table{reference: []int64{60, 90}, current: []int64{0, 3_000}, nameless: 7_000, rows: [2]int64{150, 10_000}}
	if p := categoriesPermuted(gone, random); p > 1e-20 {
		t.Errorf("a category that had 40 %% of the rows and has none any more has a p-value of %g", p)
	}
}
