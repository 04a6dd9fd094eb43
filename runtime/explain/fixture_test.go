package explain_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// width is the number of encoded columns of the models here: four numbers and a
// category in three columns.
const width = 7

func encoder() (model.Signature, model.Encoder) {
	s, e := model.Signature{Target: "y"}, model.Encoder{}
	for _, name := range []string{"a", "b", "c", "d"} {
		s.Inputs = append(s.Inputs, model.Field{Name: name, Type: plan.Number, Nullable: true})
		e.Fields = append(e.Fields, model.FieldEncoder{Name: name, Type: plan.Number})
	}
	s.Inputs = append(s.Inputs, model.Field{Name: "home", Type: plan.Category, Nullable: true})
	e.Fields = append(e.Fields, model.FieldEncoder{Name: "home", Type: plan.Category, OneHot: true,
		Categories: []string{"own", "rent"}})
	return s, e
}

// grow makes a random tree whose columns come again and again on a path, and of
// which some nodes were never reached in training.
func grow(r *rand.Rand, splits, values int, output int32, unit bool) model.Tree {
	t := model.Tree{Output: output}
	add := func(cover float64) {
		t.Feature, t.Threshold = append(t.Feature, -1), append(t.Threshold, 0)
		t.MissingLeft = append(t.MissingLeft, false)
		t.Left, t.Right = append(t.Left, 0), append(t.Right, 0)
		t.Cover = append(t.Cover, cover)
	}
	add(1000)
	open := []int{0}
	for range splits {
		k := r.IntN(len(open))
		i := open[k]
		open = append(open[:k], open[k+1:]...)
		t.Feature[i], t.Threshold[i] = int32(r.IntN(width)), float64(r.IntN(5))/4
		t.MissingLeft[i] = r.IntN(2) == 0
		t.Left[i], t.Right[i] = int32(len(t.Feature)), int32(len(t.Feature)+1)
		open = append(open, len(t.Feature), len(t.Feature)+1)
		goes := math.Floor(t.Cover[i] * r.Float64())
		add(goes)
		add(t.Cover[i] - goes)
	}
	for _, i := range open {
		t.Left[i] = int32(len(t.Leaf))
		for range values {
			v := r.NormFloat64()
			if unit {
				v = r.Float64()
			}
			t.Leaf = append(t.Leaf, v)
		}
	}
	return t
}

// forests are ensembles of every kind.
func forests(t *testing.T) map[string]*model.Model {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	out := map[string]*model.Model{}
	for name, c := range map[string]struct {
		task    plan.Task
		labels  []string
		average bool
		link    model.Link
	}{
		"boosting binary":     {plan.Binary, []string{"bad", "good"}, false, model.Logit},
		"boosting multiclass": {plan.Multiclass, []string{"x", "y", "z"}, false, model.Softmax},
		"boosting regression": {plan.Regression, nil, false, model.Identity},
		"forest binary":       {plan.Binary, []string{"bad", "good"}, true, model.Identity},
		"forest multiclass":   {plan.Multiclass, []string{"x", "y", "z"}, true, model.Identity},
		"forest regression":   {plan.Regression, nil, true, model.Identity},
	} {
		m := &model.Model{Name: "m", Task: c.task, Algorithm: "a", Params: plan.Params{}}
		m.Signature, m.Encoder = encoder()
		m.Signature.Labels = c.labels
		e := &model.Ensemble{Outputs: 1, Average: c.average, Link: c.link}
		if c.task == plan.Multiclass {
			e.Outputs = 3
		}
		e.Base = make([]float64, e.Outputs)
		for k := range e.Base {
			e.Base[k] = r.NormFloat64()
		}
		for i := range 12 {
			output, values := int32(i%e.Outputs), 1
			if c.average && e.Outputs > 1 {
				output, values = -1, e.Outputs
			}
			e.Trees = append(e.Trees, grow(r, i, values, output, c.average && c.task != plan.Regression))
		}
		m.Ensemble = e
		if err := m.Prepare(); err != nil {
			t.Fatal(err)
		}
		out[name] = m
	}
	return out
}

// set gives the scorer a random row with missing values and values on thresholds.
func set(r *rand.Rand, s *model.Scorer) {
	s.Reset()
	for i := range 4 {
		if r.IntN(5) > 0 {
			s.SetFloat(i, float64(r.IntN(6))/4)
		}
	}
	if k := r.IntN(4); k < 3 {
		s.SetText(4, []string{"own", "rent", "tent"}[k])
	}
}
