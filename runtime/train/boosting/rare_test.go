package boosting

import (
	"context"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram/reference"
)

// The bounds are the mean log losses of XGBoost 1.7.4 (100 rounds, its defaults
// else) over the same two tables, as `go run ./tests/peers/rare -seeds 2` prints
// them. Positives that are only likelier somewhere are overfitted by trees of 31
// leaves without its l2 and least weight, so twice its figure is allowed there.
func TestRareClassesAreLearntAsWellAsXGBoostLearnsThem(t *testing.T) {
	bounds := map[string]float64{"shuttle": 0.0069, "fraud": 0.0017, "faint": 2 * 0.0031}
	for kind, bound := range bounds {
		t.Run(kind, func(t *testing.T) {
			mean := 0.0
			for seed := range uint64(2) {
				set := reference.Rare(kind, 58_000, seed)
				classes := map[plan.Task]int{plan.Binary: 2, plan.Multiclass: 7}[set.Task]
				e, err := Fit(context.Background(), set.TrainX, set.TrainY, Options{Task: set.Task, Classes: classes})
				if err != nil {
					t.Fatal(err)
				}
				loss := set.LogLoss(e)
				t.Logf("table %d: log loss %.5f", seed, loss)
				mean += loss / 2
			}
			if !(mean <= bound) {
				t.Errorf("log loss %.5f, XGBoost's is %.5f", mean, bound)
			}
		})
	}
}
