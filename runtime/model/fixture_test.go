package model_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// encoder has a field of every kind: 7 encoded columns.
func encoder() model.Encoder {
	return model.Encoder{Fields: []model.FieldEncoder{
		{Name: "age", Type: plan.Integer, Impute: true, Fill: 40, Mean: 35, Scale: 10},
		{Name: "income", Type: plan.Number},
		{Name: "home", Type: plan.Category, OneHot: true, Categories: []string{"own", "rent"},
			Impute: true, Mode: "rent"},
		{Name: "job", Type: plan.Text, Categories: []string{"clerk", "smith"}},
		{Name: "member", Type: plan.Boolean, Impute: true},
	}}
}

func signature(labels ...string) model.Signature {
	s := model.Signature{Target: "status", Labels: labels}
	for _, f := range encoder().Fields {
		s.Inputs = append(s.Inputs, model.Field{Name: f.Name, Type: f.Type, Nullable: true, Categories: f.Categories})
	}
	return s
}

// frame makes rows with every kind of value: missing, infinite, unknown.
func frame(rows int, seed uint64) *dataset.Frame {
	r := rand.New(rand.NewPCG(seed, 1))
	number := func() []float64 {
		out := make([]float64, rows)
		for i := range out {
			out[i] = math.Round(r.NormFloat64()*400) / 10
			switch r.IntN(12) {
			case 0:
				out[i] = math.NaN()
			case 1:
				out[i] = math.Inf(1)
			}
		}
		return out
	}
	codes := func(n int) []int32 {
		out := make([]int32, rows)
		for i := range out {
			out[i] = int32(r.IntN(n+1)) - 1
		}
		return out
	}
	flags := make([]float64, rows)
	for i := range flags {
		flags[i] = float64(r.IntN(2))
	}
	return &dataset.Frame{Rows: rows, Columns: []dataset.Column{
		{Name: "job", Type: plan.Category, Codes: codes(3), Dict: []string{"smith", "baker", "clerk"}},
		{Name: "age", Type: plan.Number, Floats: number()},
		{Name: "home", Type: plan.Category, Codes: codes(3), Dict: []string{"rent", "own", "tent"}},
		{Name: "member", Type: plan.Boolean, Floats: flags},
		{Name: "income", Type: plan.Number, Floats: number()},
	}}
}

// tree grows a random tree of the given number of splits.
func tree(r *rand.Rand, splits, width, values int, output int32, unit bool) model.Tree {
	t := model.Tree{Output: output}
	leaf := func() {
		t.Feature = append(t.Feature, -1)
		t.Threshold = append(t.Threshold, 0)
		t.MissingLeft = append(t.MissingLeft, false)
		t.Left = append(t.Left, int32(len(t.Leaf)))
		t.Right = append(t.Right, 0)
		for range values {
			v := r.NormFloat64()
			if unit {
				v = r.Float64()
			}
			t.Leaf = append(t.Leaf, v)
		}
	}
	leaf()
	open := []int{0}
	for range splits {
		k := r.IntN(len(open))
		i := open[k]
		open = append(open[:k], open[k+1:]...)
		t.Feature[i] = int32(r.IntN(width))
		t.Threshold[i] = math.Round(r.NormFloat64()*20) / 10
		t.MissingLeft[i] = r.IntN(2) == 0
		t.Left[i], t.Right[i] = int32(len(t.Feature)), int32(len(t.Feature)+1)
		open = append(open, len(t.Feature), len(t.Feature)+1)
		leaf()
		leaf()
	}
	return t
}

// ensemble makes a forest or a boosted ensemble of random trees.
func ensemble(seed uint64, trees, outputs int, average bool, link model.Link, unit bool) *model.Ensemble {
	r := rand.New(rand.NewPCG(seed, 2))
	e := &model.Ensemble{Outputs: outputs, Average: average, Link: link, Base: make([]float64, outputs)}
	for i := range trees {
		output, values := int32(i%outputs), 1
		if average && outputs > 1 {
			output, values = -1, outputs
		}
		e.Trees = append(e.Trees, tree(r, i%13, 7, values, output, unit))
	}
	if !average {
		for k := range e.Base {
			e.Base[k] = r.NormFloat64()
		}
	}
	return e
}

// models are one of every task and estimator.
func models(t testing.TB) map[string]*model.Model {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 5))
	weights := func(n int) *model.Linear {
		l := &model.Linear{Intercept: make([]float64, n)}
		for k := range n {
			l.Intercept[k] = r.NormFloat64()
			w := make([]float64, 7)
			for j := range w {
				w[j] = r.NormFloat64()
			}
			l.Weights = append(l.Weights, w)
		}
		return l
	}
	make1 := func(task plan.Task, e *model.Ensemble, l *model.Linear, link model.Link, labels ...string) *model.Model {
		m := &model.Model{Name: "m", Task: task, Algorithm: "a", Params: plan.Params{"depth": 3.0, "mode": nil},
			Signature: signature(labels...),
			Encoder:   encoder(), PlanDigest: "sha256:p", DataDigest: "sha256:d",
			Seed: 1<<63 + 1, Ensemble: e, Linear: l}
		if l != nil {
			l.Link = link
			m.Encoder.Fields[1].Impute = true
		}
		if err := m.Prepare(); err != nil {
			t.Fatal(err)
		}
		return m
	}
	return map[string]*model.Model{
		"forest binary": make1(plan.Binary,
			ensemble(1, 21, 1, true, model.Identity, true), nil, "", "bad", "good"),
		"forest multiclass": make1(plan.Multiclass,
			ensemble(2, 22, 3, true, model.Identity, true), nil, "", "a", "b", "c"),
		"forest regression": make1(plan.Regression, ensemble(3, 23, 1, true, model.Identity, false), nil, ""),
		"boosting binary": make1(plan.Binary,
			ensemble(4, 24, 1, false, model.Logit, false), nil, "", "bad", "good"),
		"boosting multiclass": make1(plan.Multiclass,
			ensemble(5, 33, 3, false, model.Softmax, false), nil, "", "a", "b", "c"),
		"boosting regression": make1(plan.Regression, ensemble(6, 19, 1, false, model.Identity, false), nil, ""),
		"boosting nothing":    make1(plan.Regression, ensemble(6, 0, 1, false, model.Identity, false), nil, ""),
		"linear binary":       make1(plan.Binary, nil, weights(1), model.Logit, "bad", "good"),
		"linear multiclass":   make1(plan.Multiclass, nil, weights(3), model.Softmax, "a", "b", "c"),
		"linear regression":   make1(plan.Regression, nil, weights(1), model.Identity),
	}
}
