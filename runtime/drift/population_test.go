package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// trait is how one column of a population comes about; a category's value is
// its number.
type trait struct {
	name string
	kind plan.ColumnType
	draw func(*rand.Rand) float64
}

// population draws rows of its traits: independently, or as next does. It scores
// them by the number of the first.
type population struct {
	traits []trait
	next   func(r *rand.Rand, row []float64)
	name   func(column int, v float64) string
}

func independent(traits []trait) *population {
	return &population{
		traits: traits,
		next: func(r *rand.Rand, row []float64) {
			for i, t := range traits {
				row[i] = t.draw(r)
			}
		},
		name: func(_ int, v float64) string { return fmt.Sprintf("c%06d", int(v)) },
	}
}

func zipf(n int, exponent float64) func(*rand.Rand) float64 {
	sums := make([]float64, n)
	sum := 0.0
	for i := range sums {
		sum += math.Pow(float64(i+1), -exponent)
		sums[i] = sum
	}
	return func(r *rand.Rand) float64 {
		u := r.Float64() * sum
		low, high := 0, n-1
		for low < high {
			if mid := (low + high) / 2; sums[mid] < u {
				low = mid + 1
			} else {
				high = mid
			}
		}
		return float64(low)
	}
}

func sparse(share float64, draw func(*rand.Rand) float64) func(*rand.Rand) float64 {
	return func(r *rand.Rand) float64 {
		if r.Float64() < share {
			return math.NaN()
		}
		return draw(r)
	}
}

func normal(r *rand.Rand) float64 { return r.NormFloat64() }

// mixed has a column of every kind that is known to lead tests astray.
func mixed() *population {
	return independent([]trait{
		{"normal", plan.Number, normal},
		{"skewed", plan.Number, func(r *rand.Rand) float64 { return math.Exp(1.5 * r.NormFloat64()) }},
		{"heavy", plan.Number, func(r *rand.Rand) float64 { return math.Tan(math.Pi * (r.Float64() - 0.5)) }},
		{"tiny", plan.Number, func(r *rand.Rand) float64 { return 5e-5 + 1e-9*r.NormFloat64() }},
		{"zeros", plan.Number, func(r *rand.Rand) float64 { return max(0, r.NormFloat64()-1) }},
		{"few", plan.Integer, func(r *rand.Rand) float64 { return float64(r.IntN(3)) }},
		{"steps", plan.Integer, func(r *rand.Rand) float64 { return math.Round(4 * r.NormFloat64()) }},
		{"constant", plan.Number, func(*rand.Rand) float64 { return 0.1 }},
		{"gaps", plan.Number, sparse(0.2, normal)},
		{"rarely missing", plan.Number, sparse(0.003, normal)},
		{"flag", plan.Boolean, func(r *rand.Rand) float64 { return float64(r.IntN(20) / 19) }},
		{"home", plan.Category, zipf(4, 1)},
		{"rare", plan.Category, zipf(12, 3)},
		{"shop", plan.Category, zipf(200, 0.8)},
		{"name", plan.Category, zipf(100_000, 0.3)},
		{"gone", plan.Category, sparse(0.5, zipf(3, 0))},
	})
}

// frame are rows that a model was trained on, and what it predicts of others.
func (p *population) frame(r *rand.Rand, rows, others int) (*dataset.Frame, *model.Predictions) {
	f := &dataset.Frame{Rows: rows}
	for _, t := range p.traits {
		f.Columns = append(f.Columns, dataset.Column{Name: t.name, Type: t.kind})
	}
	codes := make([]map[float64]int32, len(p.traits))
	row := make([]float64, len(p.traits))
	for range rows {
		p.next(r, row)
		for i, v := range row {
			c := &f.Columns[i]
			switch at, known := codes[i][v]; {
			case !c.Coded():
				c.Floats = append(c.Floats, v)
			case v != v:
				c.Codes = append(c.Codes, dataset.MissingCode)
			case known:
				c.Codes = append(c.Codes, at)
			default:
				if codes[i] == nil {
					codes[i] = map[float64]int32{}
				}
				codes[i][v] = int32(len(c.Dict))
				c.Codes, c.Dict = append(c.Codes, codes[i][v]), append(c.Dict, p.name(i, v))
			}
		}
	}
	pred := &model.Predictions{Classes: 2}
	for range others {
		p.next(r, row)
		s := scoreOf(row[0])
		pred.Proba, pred.Label = append(pred.Proba, s.Probability), append(pred.Label, s.Label)
	}
	return f, pred
}

func scoreOf(v float64) model.Score {
	s := model.Score{Probability: 1 / (1 + math.Exp(-v))}
	if s.Probability >= 0.5 {
		s.Label = 1
	}
	return s
}

func (p *population) reference(t testing.TB, r *rand.Rand, rows int, importance map[string]float64) *Reference {
	t.Helper()
	f, pred := p.frame(r, rows, rows/4)
	ref, err := NewReference(f, pred, ReferenceOptions{Labels: []string{"bad", "good"},
		Seed: r.Uint64(), Importance: importance})
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// witness judges windows of a population against a reference.
type witness struct {
	judge    judge
	window   *window
	inputs   []input
	codes    []map[string]int
	sequence int64
}

func newWitness(t testing.TB, ref *Reference, d plan.Drift) *witness {
	t.Helper()
	l, err := newLayout(ref, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{judge: newJudge(ref, l, d), window: newWindow(l, d.MaxRows), inputs: make([]input, len(l.columns))}
	for i := range l.columns {
		w.inputs[i].at = i
		codes := map[string]int{}
		for at, name := range l.columns[i].profile.Categories {
			codes[name] = at
			w.inputs[i].codes = append(w.inputs[i].codes, int32(at))
		}
		w.codes = append(w.codes, codes)
	}
	return w
}

// judged draws so many rows and judges them.
func (w *witness) judged(p *population, r *rand.Rand, rows int) *Report {
	now := time.Unix(0, 0)
	w.window.open(now, r.Uint64(), 1)
	values, texts := make([]float64, len(p.traits)), make([]string, len(p.traits))
	for range rows {
		p.next(r, values)
		score := scoreOf(values[0])
		for i, t := range p.traits {
			if v := values[i]; v == v && (t.kind == plan.Category || t.kind == plan.Text) {
				texts[i] = p.name(i, v)
				at, known := w.codes[i][texts[i]]
				if !known {
					at = len(w.codes[i])
				}
				values[i] = float64(at)
			}
		}
		w.window.see(now, w.inputs, values, texts, score)
	}
	w.sequence++
	return w.judge.report(w.window, w.sequence)
}

// credit are the loan applications of the example.
func credit(t testing.TB) *population {
	t.Helper()
	columns := map[string]plan.Column{}
	for _, name := range []string{"Income", "Seniority", "Time", "Age", "Expenses", "Assets",
		"Debt", "Amount", "Price"} {
		columns[name] = plan.Column{Type: plan.Number, Nullable: true}
	}
	for _, name := range []string{"Home", "Marital", "Records", "Job"} {
		columns[name] = plan.Column{Type: plan.Category, Nullable: true}
	}
	f, err := dataset.ReadAll(t.Context(), plan.Dataset{Source: "credit_data.csv", Columns: columns},
		dataset.Options{Dir: "../../blueprints/examples/credit/data"})
	if err != nil {
		t.Fatal(err)
	}
	p := &population{name: func(i int, v float64) string { return f.Columns[i].Dict[int(v)] }}
	// a number first
	slices.SortStableFunc(f.Columns, func(a, b dataset.Column) int { return order(a.Coded()) - order(b.Coded()) })
	for _, c := range f.Columns {
		p.traits = append(p.traits, trait{name: c.Name, kind: c.Type})
	}
	p.next = func(r *rand.Rand, row []float64) {
		at := r.IntN(f.Rows)
		for i := range f.Columns {
			switch c := &f.Columns[i]; {
			case !c.Coded():
				row[i] = c.Floats[at]
			case c.Codes[at] == dataset.MissingCode:
				row[i] = math.NaN()
			default:
				row[i] = float64(c.Codes[at])
			}
		}
	}
	return p
}

func order(coded bool) int {
	if coded {
		return 1
	}
	return 0
}
