package histogram

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

func TestTargetsAreChecked(t *testing.T) {
	cases := map[string]struct {
		y       []float64
		task    plan.Task
		classes int
		want    string // in the error; none where empty
	}{
		"two classes":           {[]float64{0, 1, 1}, plan.Binary, 0, ""},
		"a class that is rare":  {[]float64{0, 3, 3}, plan.Multiclass, 5, ""},
		"values":                {[]float64{-1, 0, 2.5}, plan.Regression, 0, ""},
		"one class":             {[]float64{1, 1, 1}, plan.Binary, 0, "every row has class 1"},
		"a third class":         {[]float64{0, 1, 2}, plan.Binary, 0, "target of row 2 is 2"},
		"half a class":          {[]float64{0, 0.5, 1}, plan.Binary, 0, "target of row 1 is 0.5"},
		"a missing class":       {[]float64{0, 1, math.NaN()}, plan.Multiclass, 3, "target of row 2 is NaN"},
		"an infinite value":     {[]float64{0, math.Inf(-1), 1}, plan.Regression, 0, "target of row 1 is -Inf"},
		"a missing value":       {[]float64{math.NaN(), 1, 1}, plan.Regression, 0, "target of row 0 is NaN"},
		"too few targets":       {[]float64{0, 1}, plan.Binary, 0, "2 targets for 3 rows"},
		"a task of no kind":     {[]float64{0, 1, 1}, "ranking", 0, `unknown task "ranking"`},
		"a multiclass of one":   {[]float64{0, 0, 0}, plan.Multiclass, 1, "1 classes"},
		"a value beyond square": {[]float64{0, 0, 1e200}, plan.Regression, 0, "target of row 2 is 1e+200"},
	}
	x := &model.Matrix{Rows: 3, Columns: [][]float64{{1, 2, 3}}}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := CheckTarget(x, c.y, c.task, c.classes)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestAMatrixWithoutRowsOrFeaturesIsRefused(t *testing.T) {
	for want, x := range map[string]*model.Matrix{
		"no rows":     {Columns: [][]float64{{}}},
		"no features": {Rows: 1},
		"no matrix":   nil,
	} {
		y := []float64{}
		if x != nil {
			y = make([]float64, x.Rows)
		}
		if _, err := CheckTarget(x, y, plan.Regression, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// sklearn.utils.class_weight.compute_class_weight("balanced", ...) of 0 0 0 2.
func TestBalancedWeights(t *testing.T) {
	got := ClassWeights([]float64{0, 0, 0, 2}, All(4), 3, true)
	if want := []float64{4. / 6, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("weights %v, want %v", got, want)
	}
}
