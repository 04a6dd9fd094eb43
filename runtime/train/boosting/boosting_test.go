package boosting

import (
	"context"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram/reference"
)

func TestBoostingScoresAsScikitLearnDoes(t *testing.T) {
	cases := map[string]struct {
		params    plan.Params
		classes   int
		tolerance float64
	}{
		"credit":   {nil, 2, 0.005},
		"concrete": {nil, 0, 0.005},
		"digits":   {nil, 10, 0.01},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			set, err := reference.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			opt := Options{Task: set.Task, Classes: c.classes, Params: c.params, Seed: 1}
			e, err := Fit(context.Background(), set.TrainX, set.TrainY, opt)
			if err != nil {
				t.Fatal(err)
			}
			if got := set.Score(e); got < set.GradientBoosting-c.tolerance {
				t.Errorf("scored %.4f, scikit-learn %.4f", got, set.GradientBoosting)
			} else {
				t.Logf("scored %.4f, scikit-learn %.4f", got, set.GradientBoosting)
			}
		})
	}
}
