package advise

import (
	"math/rand/v2"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// sample is 400 rows of a target of two classes, a noisy feature and columns
// that should not be learnt from.
func sample() *dataset.Frame {
	const n = 400
	d := rand.New(rand.NewPCG(1, 2))
	y := make([]int32, n)
	price, noisy, shifted, euro, id, row, amount := floats(n), floats(n), floats(n), floats(n),
		floats(n), floats(n), floats(n)
	word := make([]int32, n)
	for i := range n {
		if d.Float64() < 0.3 {
			y[i] = 1
		}
		price[i] = 100 * d.Float64()
		euro[i] = 0.9*price[i] + 3
		noisy[i] = float64(y[i]) + d.NormFloat64()
		shifted[i] = 10*float64(y[i]) + d.Float64()
		word[i] = 1 - y[i]
		id[i] = float64(d.IntN(1e6))
		row[i] = float64(i + 1)
		amount[i] = float64(d.IntN(5000))
	}
	number := func(name string, v []float64) dataset.Column {
		return dataset.Column{Name: name, Type: plan.Number, Floats: v}
	}
	return &dataset.Frame{Rows: n, Columns: []dataset.Column{
		{Name: "y", Type: plan.Category, Codes: y, Dict: []string{"no", "yes"}},
		{Name: "word", Type: plan.Category, Codes: word, Dict: []string{"left", "stayed"}},
		number("price", price), number("euro", euro), number("noisy", noisy), number("shifted", shifted),
		number("customerId", id), number("line", row), number("amount", amount),
	}}
}

func floats(n int) []float64 { return make([]float64, n) }

func TestFeaturesNamesLeaksAndIdentifiers(t *testing.T) {
	want := map[string]Kind{"word": Leak, "shifted": Leak, "customerId": Identifier, "line": Identifier}
	got := map[string]Kind{}
	for _, x := range Features(sample(), "y", true,
		[]string{"word", "price", "noisy", "shifted", "customerId", "line", "amount"}) {
		got[x.Column] = x.Kind
	}
	for name, kind := range want {
		if got[name] != kind {
			t.Errorf("%s is %q, want %q", name, got[name], kind)
		}
	}
	if len(got) != len(want) {
		t.Errorf("advice on %v, want it on %v only", got, want)
	}
}

func TestFeaturesNamesANumberInOtherUnits(t *testing.T) {
	got := Features(sample(), "price", false, []string{"euro", "noisy", "word"})
	if len(got) != 1 || got[0].Column != "euro" || got[0].Kind != Leak {
		t.Errorf("advice is %v, want a leak by euro alone", got)
	}
}

func TestNamedSplitsWordsInEveryHouseStyle(t *testing.T) {
	for name, want := range map[string]Strength{
		"id": Surely, "CustomerID": Surely, "customerId": Surely, "ORDER_ID": Surely, "user uuid": Surely,
		"": Perhaps, "Unnamed: 0": Perhaps,
		"order_no": Perhaps, "humid": No, "paid": No, "grid": No, "income": No,
	} {
		if got := Named(name); got != want {
			t.Errorf("%q is %d, want %d", name, got, want)
		}
	}
}

// Whether a column tells the target does not depend on where zero is.
func TestALeakIsOneWhateverTheTargetIsAddedTo(t *testing.T) {
	for _, far := range []float64{0, 1e9, 1e12} {
		group, noise, target := make([]int32, 600), make([]int32, 600), floats(600)
		for i := range target {
			group[i], noise[i] = int32(i%3), int32(i/7%3)
			target[i] = far + float64(i%3)*10 + float64(i%5)/100
		}
		dict := []string{"a", "b", "c"}
		f := &dataset.Frame{Rows: 600, Columns: []dataset.Column{
			{Name: "tells", Type: plan.Category, Codes: group, Dict: dict},
			{Name: "says nothing", Type: plan.Category, Codes: noise, Dict: dict},
			{Name: "y", Type: plan.Number, Floats: target},
		}}
		got := Features(f, "y", false, []string{"tells", "says nothing"})
		if len(got) != 1 || got[0].Column != "tells" || got[0].Kind != Leak {
			t.Errorf("beside %g: %v", far, got)
		}
	}
}
