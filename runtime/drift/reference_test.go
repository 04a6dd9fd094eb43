package drift

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/drift/statistic"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

func TestAReferenceIsTheSameWhateverTheOrderOfRows(t *testing.T) {
	rows := crowd(newPeople(4), 3000)
	make1 := func() string {
		f, p := frame(rows)
		ref, err := NewReference(f, p, ReferenceOptions{Labels: []string{"bad", "good"}})
		if err != nil {
			t.Fatal(err)
		}
		return text(t, ref)
	}
	before := make1()
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	if make1() != before {
		t.Error("the same rows in another order give another reference")
	}
}

func TestAReferenceCountsWhatIsThere(t *testing.T) {
	f := &dataset.Frame{Rows: 5, Columns: []dataset.Column{
		{Name: "x", Type: plan.Number, Floats: []float64{3, 1, math.NaN(), 3, math.Inf(1)}},
		{Name: "b", Type: plan.Boolean, Floats: []float64{1, 0, 1, math.NaN(), 1}},
		{Name: "c", Type: plan.Category, Codes: []int32{2, 0, -1, 2, 2}, Dict: []string{"u", "v", "t"}},
	}}
	ref, err := NewReference(f, &model.Predictions{Value: []float64{1, 2, 3, 4, 5}}, ReferenceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := text(t, ref.Columns)
	want := text(t, []Profile{
		{Column: "x", Type: plan.Number, Rows: 5, Missing: 2, Values: []float64{1, 3}, Counts: []int64{1, 2},
			Mean: 7.0 / 3, Std: math.Sqrt(8.0 / 9), Distinct: 2},
		{Column: "b", Type: plan.Boolean, Rows: 5, Missing: 1,
			Categories: []string{"false", "true"}, Counts: []int64{1, 3}},
		{Column: "c", Type: plan.Category, Rows: 5, Missing: 1, Categories: []string{"t", "u"}, Counts: []int64{3, 1}},
	})
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if ref.Label != nil || ref.Score.Mean != 3 {
		t.Errorf("a regression's predictions: %s", text(t, ref.Score))
	}
}

func TestOfAMulticlassModelThePredictedClassIsKept(t *testing.T) {
	f := &dataset.Frame{Rows: 2, Columns: []dataset.Column{{Name: "x", Type: plan.Number, Floats: []float64{1, 2}}}}
	p := &model.Predictions{Classes: 3}
	for range 10 { // of other rows, and more of them
		p.Label, p.Proba = append(p.Label, 2, 0), append(p.Proba, 0.1, 0.3, 0.6, 0.5, 0.3, 0.2)
	}
	ref, err := NewReference(f, p, ReferenceOptions{Labels: []string{"red", "green", "blue"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := ref.Label.Counts; got[0] != 10 || got[1] != 0 || got[2] != 10 || math.Abs(ref.Score.Mean-0.55) > 1e-12 {
		t.Errorf("%s %s", text(t, ref.Label), text(t, ref.Score))
	}
	d := shopDrift()
	d.MinRows = 10
	w := newWatch(t, ref, d)
	o := w.Monitor.Observer(&model.Model{Encoder: model.Encoder{Fields: []model.FieldEncoder{{Name: "x",
		Type: plan.Number}}}})
	for range 50 {
		o.Observe([]float64{1}, []string{""}, model.Score{Label: 1, Class: "green", Probability: 0.9})
	}
	got := w.hour().Predictions
	if got.Column.Column != "label" || got.Test != "jensenshannon" || got.ReferenceRows != 20 || !got.Drifted ||
		math.Abs(got.Mean.Current-0.9) > 1e-12 || got.Labels.Current[1] != 50 {
		t.Errorf("%s", text(t, got))
	}
}

// What is put together of more distinct values than are kept places the
// distribution to one in ten thousand.
func TestQuantilesStandForVeryManyValues(t *testing.T) {
	a, b := normals(1, 300_000), normals(2, 50_000)
	for i := range b {
		b[i] = b[i]*1.1 + 0.05
	}
	var s statistic.Sorter
	p := profileNumbers(&s, "x", plan.Number, a, maxValues)
	if !p.Grouped || len(p.Values) > maxValues || p.Distinct < 290_000 || p.check(300_000) != nil {
		t.Fatalf("%d values of %d distinct, grouped: %v, %v", len(p.Values), p.Distinct, p.Grouped, p.check(300_000))
	}
	exact, current := statistic.Sorted(s.Sort(a, nil)), statistic.Sorted(s.Sort(b, nil))
	if x, y := statistic.KSOf(exact, current),
		statistic.KSOf(p.sample(), current); math.Abs(x.Statistic-y.Statistic) > 1.0/(maxValues-2) {
		t.Errorf("KS is %g of all values and %g of the quantiles", x.Statistic, y.Statistic)
	}
	if x, y := statistic.Wasserstein(exact, current), statistic.Wasserstein(p.sample(), current); math.Abs(x-y) > 1e-3 {
		t.Errorf("the Wasserstein distance is %g of all values and %g of the quantiles", x, y)
	}
}

func TestAReferenceStaysSmall(t *testing.T) {
	const rows, columns = 3000, 400
	f := &dataset.Frame{Rows: rows}
	names := make([]string, rows)
	for i := range names {
		names[i] = fmt.Sprintf("%s%c%c%c", strings.Repeat("n", 150), 'A'+i%26, 'a'+i/26%26, '0'+i/676)
	}
	for c := range columns {
		col := dataset.Column{Name: "c" + string(rune('0'+c%10)) + string(rune('0'+c/10%10)) + string(rune('0'+c/100)),
			Type: plan.Number, Floats: normals(uint64(c), rows)}
		if c%2 == 1 {
			col = dataset.Column{Name: col.Name, Type: plan.Text, Dict: names}
			for i := range rows {
				col.Codes = append(col.Codes, int32(i))
			}
		}
		f.Columns = append(f.Columns, col)
	}
	ref, err := NewReference(f, &model.Predictions{Value: normals(1, rows)}, ReferenceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(ref)
	if err != nil || len(b) > 32<<20 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if c := ref.Columns[1]; len(c.Categories) != allNames/columns || c.Other != rows-allNames/columns {
		t.Errorf("%d categories and %d others of %d", len(c.Categories), c.Other, rows)
	}
}

func TestPredictionsThatDoNotFitAreRefused(t *testing.T) {
	f := &dataset.Frame{Rows: 2, Columns: []dataset.Column{{Name: "x", Type: plan.Number, Floats: []float64{1, 2}}}}
	for name, p := range map[string]*model.Predictions{
		"nothing":       nil,
		"too few":       {Classes: 2, Proba: []float64{1}, Label: []int32{1, 1}},
		"other classes": {Classes: 3, Proba: []float64{1, 0}, Label: []int32{1, 1}},
		"a wild label":  {Classes: 2, Proba: []float64{1, 0}, Label: []int32{1, 7}},
		"a regression":  {Value: []float64{1, 2}},
	} {
		if _, err := NewReference(f, p, ReferenceOptions{Labels: []string{"a", "b"}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAReferenceThatCannotBeIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Reference){
		"another version":      func(r *Reference) { r.Version = 2 },
		"no columns":           func(r *Reference) { r.Columns = nil },
		"a column twice":       func(r *Reference) { r.Columns[1].Column = "age" },
		"values out of order":  func(r *Reference) { v := r.Columns[0].Values; v[0], v[1] = v[1], v[0] },
		"a negative count":     func(r *Reference) { r.Columns[0].Counts[0] = -1 },
		"counts too many":      func(r *Reference) { r.Columns[0].Counts[0]++ },
		"counts that overflow": func(r *Reference) { r.Columns[0].Counts[0] = math.MaxInt64 },
		"a count short":        func(r *Reference) { r.Columns[2].Counts = r.Columns[2].Counts[1:] },
		"an odd boolean":       func(r *Reference) { r.Columns[3].Categories[0] = "perhaps" },
		"an unknown type":      func(r *Reference) { r.Columns[0].Type = "picture" },
		"numbers with names":   func(r *Reference) { r.Columns[0].Categories = []string{"a"} },
		"no labels":            func(r *Reference) { r.Label = nil },
		"other labels":         func(r *Reference) { r.Labels = []string{"bad", "worse"} },
		"scores of text":       func(r *Reference) { r.Score = *r.Label },
		"rows beyond counting": func(r *Reference) { r.Rows = math.MaxInt64 },
	} {
		ref := shopReference(t, 50)
		spoil(ref)
		if _, err := NewMonitor(MonitorConfig{Reference: ref, Drift: shopDrift(), Now: newClock().Now}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Values at the ends of what floats can hold give reports that JSON can hold.
func TestReportsHoldFiniteNumbersOnly(t *testing.T) {
	huge := []float64{-math.MaxFloat64, math.MaxFloat64, 1e308, -1e300, 0, 5e-324, 1, 2, 3, 4, 5, 6}
	f := &dataset.Frame{Rows: len(huge), Columns: []dataset.Column{
		{Name: "huge", Type: plan.Number, Floats: huge},
		{Name: "flat", Type: plan.Number, Floats: make([]float64, len(huge))},
		{Name: "none", Type: plan.Number, Floats: nans(len(huge))},
		{Name: "nobody", Type: plan.Category, Codes: []int32{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}},
	}}
	ref, err := NewReference(f, &model.Predictions{Value: huge}, ReferenceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	fields := []model.FieldEncoder{{Name: "huge"}, {Name: "flat"}, {Name: "none"},
		{Name: "nobody", Type: plan.Category}}
	for _, name := range append(Tests(), "auto") {
		d := shopDrift()
		d.Tests, d.MinRows = name, 1
		w := newWatch(t, ref, d)
		o := w.Monitor.Observer(&model.Model{Encoder: model.Encoder{Fields: fields}})
		for _, v := range append(huge, math.NaN(), math.Inf(1)) {
			o.Observe([]float64{-v, v, v, 0}, []string{"", "", "", "new"}, model.Score{Value: v})
		}
		if r := w.hour(); text(t, r) == "" || len(r.Columns) != 4 { // text fails on what JSON cannot hold
			t.Errorf("tests %s: %v", name, r)
		}
	}
}

func nans(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}
