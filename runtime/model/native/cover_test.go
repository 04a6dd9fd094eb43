package native

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

func TestCoversComeFromTheFile(t *testing.T) {
	lgb := fmt.Sprintf(forest, "regression")
	xgb, err := os.ReadFile("testdata/regression.json")
	if err != nil {
		t.Fatal(err)
	}
	root := func(m *model.Ensemble) float64 { return m.Trees[0].Cover[0] }
	counted := strings.Replace(lgb, "leaf_count=1 1 1", "leaf_count=5 3 2\ninternal_count=10 5", 1)
	e := decoded(t, plan.LightGBM, counted)
	if got := e.Trees[0].Cover; !slices.Equal(got, []float64{10, 5, 5, 3, 2}) &&
		!slices.Equal(got, []float64{10, 5, 3, 2, 5}) {
		t.Errorf("covers of LightGBM %v", got)
	}
	if got := root(decoded(t, plan.XGBoost, string(xgb))); got != 400 {
		t.Errorf("the root's cover of XGBoost is %v, of 400 rows", got)
	}
	for what, m := range map[string]*model.Ensemble{
		"too few": decoded(t, plan.LightGBM, strings.Replace(counted, "internal_count=10 5", "internal_count=10", 1)),
		"below 0": decoded(t, plan.LightGBM,
			strings.Replace(counted, "internal_count=10 5", "internal_count=10 -5", 1)),
		"of a tree": decoded(t, plan.XGBoost, strings.Replace(string(xgb), `"sum_hessian"`, `"sum"`, 1)),
	} {
		for i := range m.Trees {
			if m.Trees[i].Cover != nil {
				t.Errorf("%s: tree %d has covers", what, i)
			}
		}
	}
}

func decoded(t *testing.T, flavor, text string) *model.Ensemble {
	t.Helper()
	m, err := Decode(flavor, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m.Ensemble
}
