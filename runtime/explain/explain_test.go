package explain_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/explain"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/boosting"
	"github.com/ashlar-dev/ashlar/runtime/train/forest"
	"github.com/ashlar-dev/ashlar/runtime/train/linear"
)

// learnt are rows of numbers, some of which decide the target, and a model over
// them.
func learnt(t *testing.T, m *model.Model, fit func(x *model.Matrix, y []float64) error) *model.Matrix {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 8))
	x := &model.Matrix{Rows: 800, Columns: make([][]float64, 4)}
	m.Signature, m.Encoder = encoder()
	m.Signature.Inputs, m.Encoder.Fields = m.Signature.Inputs[:4], m.Encoder.Fields[:4]
	m.Name, m.Params, m.Signature.Labels = "m", plan.Params{}, []string{"bad", "good"}
	for j := range x.Columns {
		m.Encoder.Fields[j].Impute = true
		for range x.Rows {
			x.Columns[j] = append(x.Columns[j], r.NormFloat64()+float64(j))
		}
	}
	y := make([]float64, x.Rows)
	for i := range y {
		if x.Columns[0][i]+x.Columns[1][i]*x.Columns[2][i] > 2 {
			y[i] = 1
		}
	}
	if err := errors.Join(fit(x, y), m.Prepare()); err != nil {
		t.Fatal(err)
	}
	return x
}

// fits are our own trainers.
var fits = map[string]func(m *model.Model) func(x *model.Matrix, y []float64) error{
	"forest": func(m *model.Model) func(x *model.Matrix, y []float64) error {
		return func(x *model.Matrix, y []float64) (err error) {
			m.Ensemble, err = forest.Fit(context.Background(), x, y, forest.Options{Task: plan.Binary, Classes: 2,
				Params: plan.Params{"n_estimators": 20.0, "max_depth": 10.0}})
			return err
		}
	},
	"boosting": func(m *model.Model) func(x *model.Matrix, y []float64) error {
		return func(x *model.Matrix, y []float64) (err error) {
			m.Ensemble, err = boosting.Fit(context.Background(), x, y, boosting.Options{Task: plan.Binary, Classes: 2,
				Params: plan.Params{"max_iter": 30.0}})
			return err
		}
	},
	"linear": func(m *model.Model) func(x *model.Matrix, y []float64) error {
		return func(x *model.Matrix, y []float64) (err error) {
			m.Linear, err = linear.Fit(context.Background(), x, y, linear.Options{Task: plan.Binary, Classes: 2})
			return err
		}
	},
}

func TestWhatOurTrainersMakeIsExplained(t *testing.T) {
	for name, fit := range fits {
		t.Run(name, func(t *testing.T) {
			m := &model.Model{Task: plan.Binary, Algorithm: name}
			x := learnt(t, m, fit(m))
			e, err := explain.New(m)
			if err != nil {
				t.Fatal(err)
			}
			mean, margins := 0.0, make([]float64, x.Rows)
			s := m.NewScorer()
			for i := range x.Rows {
				for j := range x.Columns {
					s.SetFloat(j, x.Columns[j][i])
				}
				margins[i] = s.Margin(nil)[0]
				mean += margins[i] / float64(x.Rows)
			}
			err = e.Each(context.Background(), x, func(w *explain.Worker, i int, row []float64) {
				sum, out := e.Base(0), make([]float64, 4)
				w.Inputs(row, 0, out)
				for _, v := range out {
					sum += v
				}
				if math.Abs(sum-margins[i]) > 1e-9 {
					t.Errorf("row %d: contributions add up to %v, the margin is %v", i, sum, margins[i])
				}
			})
			if err != nil {
				t.Error(err)
			}
			// The rows are those of training, so the mean score of a boosted or linear
			// model is the base value; a forest's trees have drawn theirs.
			if slack := map[string]float64{"forest": 0.02}[name] + 1e-9; math.Abs(mean-e.Base(0)) > slack {
				t.Errorf("base %v, the mean margin is %v", e.Base(0), mean)
			}
		})
	}
}

func TestLinearModelsAreExplainedByDistanceFromTheMean(t *testing.T) {
	m := &model.Model{Task: plan.Binary, Algorithm: "linear"}
	x := learnt(t, m, fits["linear"](m))
	e, err := explain.New(m)
	if err != nil {
		t.Fatal(err)
	}
	row := []float64{3, 2, 1, 0}
	for j, got := range e.NewWorker().Columns(row, 0) {
		mean := 0.0
		for _, v := range x.Columns[j] {
			mean += v / float64(x.Rows)
		}
		if want := m.Linear.Weights[0][j] * (row[j] - mean); math.Abs(got-want) > 1e-9 {
			t.Errorf("column %d: %v, want %v", j, got, want)
		}
	}
}

func TestModelsThatSayTooLittleAreRefused(t *testing.T) {
	forgetful := forests(t)["forest binary"]
	for i := range forgetful.Ensemble.Trees {
		forgetful.Ensemble.Trees[i].Cover = nil
	}
	line := &model.Model{Task: plan.Binary, Algorithm: "linear"}
	learnt(t, line, fits["linear"](line))
	line.Linear.Means = nil
	for _, m := range []*model.Model{forgetful, line} {
		if _, err := explain.New(m); !errors.Is(err, explain.ErrUnknown) || !strings.Contains(err.Error(), "train it again") {
			t.Errorf("error %v", err)
		}
	}
	if _, err := explain.New(&model.Model{Remote: &model.Remote{}}); err == nil ||
		!strings.Contains(err.Error(), "server of its own") {
		t.Errorf("error %v", err)
	}
}

// A file may hold a tree that is one long chain.
func TestTreesThatAreTooDeepAreRefused(t *testing.T) {
	m := forests(t)["boosting regression"]
	chain := model.Tree{}
	const depth = explain.MaxDepth + 1
	for i := range int32(2*depth + 1) {
		chain.Feature, chain.Threshold = append(chain.Feature, -1), append(chain.Threshold, 0)
		chain.MissingLeft = append(chain.MissingLeft, false)
		chain.Left, chain.Right = append(chain.Left, i), append(chain.Right, 0)
		chain.Cover, chain.Leaf = append(chain.Cover, 1), append(chain.Leaf, 1)
		if i%2 == 0 && i < 2*depth {
			chain.Feature[i], chain.Left[i], chain.Right[i] = i%width, i+1, i+2
		}
	}
	m.Ensemble.Trees = append(m.Ensemble.Trees, chain)
	if err := m.Prepare(); err != nil {
		t.Fatal(err)
	}
	if _, err := explain.New(m); err == nil || !strings.Contains(err.Error(), "limit max_depth") {
		t.Errorf("error %v", err)
	}
	m.Ensemble.Trees[len(m.Ensemble.Trees)-1].Feature[2*depth-2] = -1
	for _, a := range []*[]int32{&chain.Feature, &chain.Left, &chain.Right} {
		*a = (*a)[:2*depth-1]
	}
	chain.Threshold, chain.Cover = chain.Threshold[:2*depth-1], chain.Cover[:2*depth-1]
	chain.MissingLeft = chain.MissingLeft[:2*depth-1]
	m.Ensemble.Trees[len(m.Ensemble.Trees)-1] = chain
	if err := m.Prepare(); err != nil {
		t.Fatal(err)
	}
	if _, err := explain.New(m); err != nil {
		t.Errorf("a tree of %d: %v", explain.MaxDepth, err)
	}
}

func TestExplainingDoesNotAllocate(t *testing.T) {
	m := forests(t)["boosting binary"]
	e, err := explain.New(m)
	if err != nil {
		t.Fatal(err)
	}
	w, s, out := e.NewWorker(), m.NewScorer(), make([]float64, 5)
	set(rand.New(rand.NewPCG(1, 1)), s)
	row := s.Encoded(nil)
	if n := testing.AllocsPerRun(100, func() { w.Inputs(row, 0, out) }); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func TestAnEndedContextEndsTheRows(t *testing.T) {
	m := &model.Model{Task: plan.Binary, Algorithm: "boosting"}
	x := learnt(t, m, fits["boosting"](m))
	e, err := explain.New(m)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err = e.Each(ctx, x, func(*explain.Worker, int, []float64) { t.Error("a row was explained") })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
