package model_test

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// naive scores one row of the encoded matrix as the types' comments say, node
// by node, without any of the compiled layout.
func naive(m *model.Model, x *model.Matrix, row int) []float64 {
	var out []float64
	if m.Linear != nil {
		for k, w := range m.Linear.Weights {
			s := m.Linear.Intercept[k]
			for j := range w {
				s += float64(w[j] * x.Columns[j][row])
			}
			out = append(out, s)
		}
		return linked(m.Linear.Link, out)
	}
	e := m.Ensemble
	out = append(out, e.Base...)
	for i := range e.Trees {
		t := &e.Trees[i]
		n := int32(0)
		for t.Feature[n] >= 0 {
			v := x.Columns[t.Feature[n]][row]
			if v <= t.Threshold[n] || math.IsNaN(v) && t.MissingLeft[n] {
				n = t.Left[n]
			} else {
				n = t.Right[n]
			}
		}
		if t.Output >= 0 {
			out[t.Output] += t.Leaf[t.Left[n]]
			continue
		}
		for k := range out {
			out[k] += t.Leaf[int(t.Left[n])+k]
		}
	}
	if e.Average {
		for k := range out {
			out[k] /= float64(len(e.Trees))
		}
	}
	return linked(e.Link, out)
}

func linked(l model.Link, s []float64) []float64 {
	switch l {
	case model.Logit:
		s[0] = 1 / (1 + math.Exp(-s[0]))
	case model.Softmax:
		sum := 0.0
		for _, v := range s {
			sum += math.Exp(v)
		}
		for k := range s {
			s[k] = math.Exp(s[k]) / sum
		}
	}
	return s
}

func TestPredictEqualsTheModelsDefinition(t *testing.T) {
	for _, rows := range []int{0, 1, 5, 63, 64, 65, 2500} {
		f := frame(rows, uint64(rows))
		for name, m := range models(t) {
			p, err := m.Predict(f)
			if err != nil {
				t.Fatal(err)
			}
			x, err := m.Encoder.Apply(f)
			if err != nil {
				t.Fatal(err)
			}
			for row := range rows {
				want := naive(m, x, row)
				got := p.Value
				if m.Task != plan.Regression {
					got = p.Proba
				}
				for k, w := range want {
					if g := got[row*len(want)+k]; math.Abs(g-w) > 1e-12 {
						t.Fatalf("%s: row %d of %d, output %d: %v, want %v", name, row, rows, k, g, w)
					}
				}
			}
		}
	}
}

func TestScorerEqualsPredictBitForBit(t *testing.T) {
	f := frame(300, 9)
	for name, m := range models(t) {
		p, err := m.Predict(f)
		if err != nil {
			t.Fatal(err)
		}
		s := m.NewScorer()
		for row := range f.Rows {
			set(t, s, m, f, row)
			got := s.Score()
			if err := same(m, p, row, got); err != nil {
				t.Fatalf("%s: row %d: %v", name, row, err)
			}
		}
	}
}

func set(t *testing.T, s *model.Scorer, m *model.Model, f *dataset.Frame, row int) {
	t.Helper()
	s.Reset()
	for i, in := range m.Signature.Inputs {
		c := f.Column(in.Name)
		ok := true
		switch {
		case c.Missing(row):
		case c.Coded():
			ok = s.SetText(i, c.Value(row))
		default:
			ok = s.SetFloat(i, c.Floats[row])
		}
		if !ok {
			t.Fatalf("input %q was refused", in.Name)
		}
	}
}

func same(m *model.Model, p *model.Predictions, row int, got model.Score) error {
	if m.Task == plan.Regression {
		if got.Value != p.Value[row] || got.Label != -1 {
			return fmt.Errorf("value %v, want %v", got.Value, p.Value[row])
		}
		return nil
	}
	if got.Label != p.Label[row] || got.Class != m.Signature.Labels[got.Label] {
		return fmt.Errorf("label %d %q, want %d", got.Label, got.Class, p.Label[row])
	}
	if m.Task == plan.Binary {
		if got.Probability != p.Proba[row] || got.Proba[1] != p.Proba[row] ||
			(got.Label == 1) != (got.Probability >= 0.5) {
			return fmt.Errorf("probability %v, want %v", got.Probability, p.Proba[row])
		}
		return nil
	}
	for k, v := range got.Proba {
		if v != p.Proba[row*p.Classes+k] || v > got.Probability {
			return fmt.Errorf("probability of class %d: %v, want %v, best %v", k, v,
				p.Proba[row*p.Classes+k], got.Probability)
		}
	}
	return nil
}

func TestStagedRowsScoreBitForBitAsTheyDoAlone(t *testing.T) {
	f := frame(150, 9)
	for name, m := range models(t) {
		p, err := m.Predict(f)
		if err != nil {
			t.Fatal(err)
		}
		s, scored := m.NewScorer(), 0
		set(t, s, m, f, 7)
		s.Stage()
		s.Unstage() // which is not seen again
		for row := range f.Rows {
			set(t, s, m, f, row)
			if n := s.Stage(); n < model.StageRows && row+1 < f.Rows {
				continue
			}
			s.ScoreStaged(func(i int, got model.Score) {
				if err := same(m, p, scored, got); err != nil || i != scored%model.StageRows {
					t.Fatalf("%s: row %d, %d of those staged: %v", name, scored, i, err)
				}
				scored++
			})
		}
		if scored != f.Rows {
			t.Errorf("%s: %d of %d rows were scored", name, scored, f.Rows)
		}
	}
}

func TestScorerDoesNotAllocate(t *testing.T) {
	for name, m := range models(t) {
		s := m.NewScorer()
		n := testing.AllocsPerRun(100, func() {
			s.Reset()
			s.SetFloat(0, 30)
			s.SetText(2, "rent")
			s.SetMissing(3)
			s.Score()
		})
		if n != 0 {
			t.Errorf("%s: %v allocations a score", name, n)
		}
	}
}

func TestScorerRefusesTheWrongKindOfInput(t *testing.T) {
	s := models(t)["linear binary"].NewScorer()
	if s.SetFloat(2, 1) || s.SetText(0, "x") || s.SetFloat(-1, 1) || s.SetText(99, "x") || s.SetMissing(5) {
		t.Error("an input of another kind, or none, was taken")
	}
}

func TestPredictionsDoNotDependOnCores(t *testing.T) {
	f := frame(5000, 3)
	for name, m := range models(t) {
		before := runtime.GOMAXPROCS(1)
		one, err := m.Predict(f)
		runtime.GOMAXPROCS(7)
		seven, err7 := m.Predict(f)
		runtime.GOMAXPROCS(before)
		if err != nil || err7 != nil {
			t.Fatal(err, err7)
		}
		if fmt.Sprint(one) != fmt.Sprint(seven) {
			t.Errorf("%s: another result on 7 cores", name)
		}
	}
}

func TestPredictNamesEveryInputItCannotUse(t *testing.T) {
	f := frame(3, 1)
	f.Columns[0] = dataset.Column{Name: "job", Type: plan.Number, Floats: make([]float64, 3)}
	f.Columns[1].Name = "Age"
	_, err := models(t)["linear binary"].Predict(f)
	for _, want := range []string{`column "job": is number, the model was trained on text`,
		`column "age": the model needs it`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
}

func TestAnUnpreparedModelIsCheckedAtPredict(t *testing.T) {
	m := *models(t)["linear binary"]
	bad := model.Model{Task: m.Task, Signature: m.Signature, Encoder: m.Encoder}
	if _, err := bad.Predict(frame(1, 1)); err == nil || !strings.Contains(err.Error(), "estimator") {
		t.Errorf("error %v", err)
	}
	if bad.NewScorer() != nil {
		t.Error("a scorer of a model without an estimator")
	}
}
