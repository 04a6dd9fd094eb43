package native_test

import (
	"math"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/explain"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/model/native"
)

// branched is one tree in LightGBM's text that splits b by {0, 2, 33}, then, of
// the others, c by {1}, then a at 0.5 with missing values to the left.
const branched = `tree
version=v4
num_class=1
num_tree_per_iteration=1
max_feature_idx=3
objective=regression
feature_names=a b c d

Tree=0
num_leaves=4
num_cat=2
split_feature=1 2 0
threshold=0 1 0.5
decision_type=1 1 10
left_child=-1 -2 -3
right_child=1 2 -4
leaf_value=1 2 3 4
leaf_count=40 30 20 10
internal_count=100 60 30
cat_boundaries=0 2 3
cat_threshold=5 2 2
is_linear=0

end of trees
`

// TestLightGBMSplitsByCategoriesAsItsOwnTree states what LightGBM's
// Tree::CategoricalDecision does: a value is cut off to a whole number, and goes
// right where it is missing, negative or in no word of the set.
func TestLightGBMSplitsByCategoriesAsItsOwnTree(t *testing.T) {
	nan := math.NaN()
	m := modelOf(t, plan.LightGBM, []byte(branched), plan.Regression, nil)
	e, err := explain.New(m)
	if err != nil {
		t.Fatal(err)
	}
	if e.Base(0) != 2 {
		t.Errorf("the mean leaf is %v, by the counts it is 2", e.Base(0))
	}
	s, w := m.NewScorer(), e.NewWorker()
	for _, c := range []struct{ a, b, c, want float64 }{
		{9, 0, 9, 1}, {9, 2, 9, 1}, {9, 33, 9, 1}, {9, 2.999999999, 9, 1}, {9, -0.5, 9, 1}, {9, 33.5, 9, 1},
		{9, 1, 1, 2}, {9, 3, 1.5, 2}, {9, nan, 1, 2}, {9, -1, 1, 2}, {9, 34, 1, 2}, {9, 64, 1, 2}, {9, 1e12, 1, 2},
		{0.5, 1, 0, 3}, {nan, 1, nan, 3}, {0.6, 1, 2, 4}, {0.6, 1, 33, 4}, {9, 3, 0.999, 4},
	} {
		for j, v := range []float64{c.a, c.b, c.c, 0} {
			s.SetFloat(j, v)
		}
		if got := s.Score().Value; got != c.want {
			t.Errorf("a %v, b %v, c %v: %v, want %v", c.a, c.b, c.c, got, c.want)
		}
		sum := e.Base(0)
		for _, v := range w.Columns(s.Encoded(nil), 0) {
			sum += v
		}
		if math.Abs(sum-c.want) > 1e-12 {
			t.Errorf("a %v, b %v, c %v: contributions add up to %v of %v", c.a, c.b, c.c, sum, c.want)
		}
	}
}

func TestSetsOfCategoriesThatAreNotThereAreRefused(t *testing.T) {
	text := string(read(t, "categories.json"))
	for name, c := range map[string]struct{ flavor, text, from, to, want string }{
		"a set beyond":   {plan.LightGBM, branched, "threshold=0 1", "threshold=0 2", "set of categories 2 of 2"},
		"half a set":     {plan.LightGBM, branched, "threshold=0 1", "threshold=0 0.5", "set of categories 0.5"},
		"words missing":  {plan.LightGBM, branched, "cat_threshold=5 2 2", "cat_threshold=5 2", "2 values, want 3"},
		"bounds turned":  {plan.LightGBM, branched, "cat_boundaries=0 2 3", "cat_boundaries=0 -2 3", "cat_boundaries"},
		"too long bound": {plan.LightGBM, branched, "cat_boundaries=0 2 3", "cat_boundaries=0 9 3", "cat_boundaries"},
		"no such node": {plan.XGBoost, text, `"categories_nodes":[0`, `"categories_nodes":[900`,
			"is not there"},
		"a long segment": {plan.XGBoost, text, `"categories_sizes":[`, `"categories_sizes":[99`, "is not there"},
		"a kind without": {plan.XGBoost, text, `"split_type":[1`, `"split_type":[0`, "do not agree"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(c.text, c.from) {
				t.Fatalf("the file has no %q", c.from)
			}
			_, err := native.Decode(c.flavor, strings.NewReader(strings.Replace(c.text, c.from, c.to, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestAFileWithSetsThatDoNotFitItsTreesIsRefused breaks each of the new arrays.
func TestAFileWithSetsThatDoNotFitItsTreesIsRefused(t *testing.T) {
	for want, harm := range map[string]func(e *model.Ensemble){
		"set 9 of 2":                   func(e *model.Ensemble) { e.Trees[0].Set[0] = 9 },
		"set -2 of 2":                  func(e *model.Ensemble) { e.Trees[0].Set[0] = -2 },
		"do not go in pairs":           func(e *model.Ensemble) { e.Sets[0] = e.Sets[0][1:] },
		"bounds are finite and ascend": func(e *model.Ensemble) { e.Sets[0][1] = e.Sets[0][0] },
		"1 sets of 7 nodes":            func(e *model.Ensemble) { e.Trees[0].Set = e.Trees[0].Set[:1] },
		"set 0 of 0":                   func(e *model.Ensemble) { e.Sets = nil },
		"either all trees say where":   func(e *model.Ensemble) { e.Trees[0].Set = nil },
	} {
		m := modelOf(t, plan.LightGBM, []byte(branched), plan.Regression, nil)
		harm(m.Ensemble)
		if err := m.Prepare(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
