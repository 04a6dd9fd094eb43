package evaluate

import (
	"context"
	"math"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// stump is a regression of one split: of a at 0, with as many training rows on
// either side, so that a contributes 1 or -1 to every row and b nothing.
func stump(t *testing.T, cover []float64) *model.Model {
	t.Helper()
	m := &model.Model{Name: "m", Task: plan.Regression, Algorithm: "a", Params: plan.Params{},
		Signature: model.Signature{Target: "y"}, Ensemble: &model.Ensemble{Outputs: 1, Base: []float64{3},
			Link: model.Identity, Trees: []model.Tree{{Feature: []int32{1, -1, -1}, Threshold: make([]float64, 3),
				MissingLeft: make([]bool, 3), Left: []int32{1, 0, 1}, Right: []int32{2, 0, 0}, Leaf: []float64{-1, 1},
				Cover: cover}}}}
	for _, n := range []string{"b", "a"} {
		m.Signature.Inputs = append(m.Signature.Inputs, model.Field{Name: n, Type: plan.Number})
		m.Encoder.Fields = append(m.Encoder.Fields, model.FieldEncoder{Name: n, Type: plan.Number})
	}
	if err := m.Prepare(); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAReportHasMeanContributionsWhereTheModelCanBeExplained(t *testing.T) {
	const rows = 1200
	frame := &dataset.Frame{Rows: rows, Columns: []dataset.Column{{Name: "a", Type: plan.Number},
		{Name: "b", Type: plan.Number}, {Name: "y", Type: plan.Number}}}
	for i := range rows {
		for j := range frame.Columns {
			frame.Columns[j].Floats = append(frame.Columns[j].Floats, math.Sin(float64(i*(j+1))))
		}
	}
	spec := Spec{Name: "m", Model: plan.Model{Target: "y", Task: plan.Regression, Features: []string{"a", "b"}}}
	r, err := Evaluate(context.Background(), stump(t, []float64{10, 5, 5}), frame, spec)
	if err != nil {
		t.Fatal(err)
	}
	c := r.Contributions
	if c == nil || c.Rows != contributionRows || len(c.Features) != 2 || c.Features[0].Feature != "a" ||
		math.Abs(c.Features[0].Mean-1) > 1e-12 || c.Features[1] != (Contribution{"b", 0}) {
		t.Errorf("got %+v", c)
	}
	if r, err = Evaluate(context.Background(), stump(t, nil), frame, spec); err != nil || r.Contributions != nil {
		t.Errorf("a model without counts: %+v, %v", r.Contributions, err)
	}
}
