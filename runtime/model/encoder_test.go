package model_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

func TestApplyEncodesEveryKindOfValue(t *testing.T) {
	nan := math.NaN()
	f := &dataset.Frame{Rows: 3, Columns: []dataset.Column{
		{Name: "age", Type: plan.Integer, Floats: []float64{45, nan, math.Inf(-1)}},
		{Name: "income", Type: plan.Number, Floats: []float64{1.5, nan, math.Inf(1)}},
		{Name: "home", Type: plan.Category, Codes: []int32{0, -1, 1}, Dict: []string{"own", "tent"}},
		{Name: "job", Type: plan.Text, Codes: []int32{0, -1, 1}, Dict: []string{"smith", "baker"}},
		{Name: "member", Type: plan.Boolean, Floats: []float64{1, nan, 0}},
	}}
	e := encoder()
	x, err := e.Apply(f)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]float64{
		{1, 0.5, 0.5},   // (45-35)/10; the fill 40 scaled, for missing and infinite
		{1.5, nan, nan}, // no imputation
		{1, 0, 0},       // own
		{0, 1, 0},       // rent, the mode
		{0, 0, 1},       // unknown
		{1, 2, 2},       // ordinal: smith, missing and baker unknown
		{1, 0, 0},
	}
	if d := cmp.Diff(want, x.Columns, cmpopts.EquateNaNs()); d != "" || x.Rows != 3 {
		t.Error(d)
	}
	names := []string{"age", "income", "home=own", "home=rent", "home=<unknown>", "job", "member"}
	plain := []string{"age", "income", "home=own", "home=rent", "home=_unknown_", "job", "member"}
	if d := cmp.Diff(plain, e.ColumnNames()); d != "" {
		t.Error(d)
	}
	odd := model.Encoder{Fields: []model.FieldEncoder{{Name: "a[1]"}, {Name: "a_1_"}, {Name: "a<1>"}, {Name: "a_1__2"}}}
	if d := cmp.Diff([]string{"a_1__3", "a_1_", "a_1__4", "a_1__2"}, odd.ColumnNames()); d != "" {
		t.Error(d)
	}
	twice := model.Encoder{Fields: []model.FieldEncoder{{Name: "a=b"},
		{Name: "a", Type: plan.Category, OneHot: true, Categories: []string{"b"}}}}
	if d := cmp.Diff([]string{"a=b", "a=b_2", "a=_unknown_"}, twice.ColumnNames()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(names, e.FeatureNames()); d != "" || e.Width() != len(names) {
		t.Error(d)
	}
}
