package evaluate_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

func TestAFeatureThatIsUsedMattersAndOthersDoNot(t *testing.T) {
	r := evaluated(t, many(2000), disturbed(0.1))
	if len(r.Importance) != 3 || r.Importance[0].Feature != "p" {
		t.Fatalf("%+v", r.Importance)
	}
	// Shuffled, p says nothing of y: what is lost is all that is better than chance.
	if first := r.Importance[0]; math.Abs(first.Mean-(r.Metrics["roc_auc"]-0.5)) > 0.03 ||
		first.Std == 0 || first.Std > 0.03 {
		t.Errorf("%+v, want about %v", first, r.Metrics["roc_auc"]-0.5)
	}
	for _, i := range r.Importance[1:] {
		if i.Mean != 0 || i.Std != 0 {
			t.Errorf("%+v, yet the model does not look at it", i)
		}
	}
}

func TestALossThatGrowsIsImportance(t *testing.T) {
	n := 500
	value, twice := make([]float64, n), make([]float64, n)
	for i := range n {
		value[i], twice[i] = float64(i), 2*float64(i)
	}
	spec := evaluate.Spec{Name: "m", Model: plan.Model{Task: plan.Regression, Target: "y", Features: []string{"p"}}}
	got := evaluated(t, table(numbers("y", value...), numbers("p", value...)), spec).Importance
	// For predictions independent of the truth and as spread out, r2 is -1 in expectation.
	if len(got) != 1 || math.Abs(got[0].Mean-2) > 0.2 {
		t.Errorf("%+v, want r2 to fall from 1 to about -1", got)
	}
}

func TestAFeatureThatIsNotInTheDataHasNoImportance(t *testing.T) {
	spec := binary()
	spec.Model.Features = []string{"gone", "p"}
	r := evaluated(t, many(200), spec)
	if at := slices.IndexFunc(r.Importance, func(i evaluate.Importance) bool { return i.Feature == "gone" }); at < 0 ||
		r.Importance[at].Mean != 0 {
		t.Errorf("%+v", r.Importance)
	}
}

func TestNothingIsImportantWhereTheMetricIsUndefined(t *testing.T) {
	if r := evaluated(t, table(yesNo(1, 1), numbers("p", 0.5, 0.7)), binary()); r.Importance != nil {
		t.Errorf("%+v", r.Importance)
	}
}

func TestShufflingKeepsToTwentyThousandRowsFromAllOver(t *testing.T) {
	const n = 50000
	f := many(n)
	var sizes []int
	first, last := 0.0, 0.0
	p := predictor(func(g *dataset.Frame) (*model.Predictions, error) {
		if sizes = append(sizes, g.Rows); len(sizes) == 2 {
			first, last = g.Column("p").Floats[0], g.Column("p").Floats[g.Rows-1]
		}
		return byColumns{plan.Binary, []string{"p"}}.Predict(g)
	})
	spec := binary()
	spec.Workers = 1
	r, err := evaluate.Evaluate(t.Context(), p, f, spec)
	if err != nil {
		t.Fatal(err)
	}
	if len(sizes) != 1+1+5 || slices.Max(sizes[1:]) != 20000 || r.Rows != n {
		t.Errorf("predicted frames of %v rows", sizes)
	}
	if from := f.Column("p").Floats; first != from[0] || !slices.Contains(from[n-3:], last) {
		t.Error("the sample does not reach from the first row to the last")
	}
	if r.Importance[0].Mean < 0.3 {
		t.Errorf("%+v", r.Importance)
	}
}

func TestAModelThatFailsWhenShuffledIsAnError(t *testing.T) {
	f := many(50)
	asked := 0
	p := predictor(func(g *dataset.Frame) (*model.Predictions, error) {
		if asked++; asked == 4 {
			return &model.Predictions{Classes: 2}, nil
		}
		return byColumns{plan.Binary, []string{"p"}}.Predict(g)
	})
	spec := binary()
	spec.Workers = 1
	if got := refusal(t, p, f, spec); !strings.Contains(got, "0 predictions") {
		t.Error(got)
	}
}
