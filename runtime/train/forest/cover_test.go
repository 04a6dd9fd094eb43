package forest

import (
	"math"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestCoversAreTheWeightsOfEachNode(t *testing.T) {
	x, y := noisy(600, plan.Binary)
	p := plan.Params{"n_estimators": 1.0, "bootstrap": false, "max_depth": 4.0, "class_weight": "balanced"}
	tree := mustFit(t, x, y, Options{Task: plan.Binary, Classes: 2, Params: p}).Trees[0]
	positives := 0.0
	for _, v := range y {
		positives += v
	}
	want := map[int32]float64{}
	for i, v := range y {
		weight := 600 / (2 * positives)
		if v == 0 {
			weight = 600 / (2 * (600 - positives))
		}
		want[leafOf(tree, x, i)] += weight
	}
	for i, f := range tree.Feature {
		weight := want[int32(i)]
		if f >= 0 {
			weight = tree.Cover[tree.Left[i]] + tree.Cover[tree.Right[i]]
		}
		if math.Abs(tree.Cover[i]-weight) > 1e-9 {
			t.Fatalf("node %d has a cover of %v, its rows weigh %v", i, tree.Cover[i], weight)
		}
	}
	if math.Abs(tree.Cover[0]-600) > 1e-9 {
		t.Errorf("the root's cover is %v", tree.Cover[0])
	}

	// Rows count as often as they are drawn.
	p["bootstrap"], p["class_weight"] = true, nil
	if tree := mustFit(t, x, y, Options{Task: plan.Binary, Classes: 2, Params: p}).Trees[0]; tree.Cover[0] != 600 {
		t.Errorf("%v rows were drawn", tree.Cover[0])
	}
}
