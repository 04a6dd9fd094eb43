package train_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/train"
)

// labels repeats each label as often as it says.
func labels(counts map[string]int) *dataset.Frame {
	var y []string
	var x []float64
	for _, l := range []string{"a", "b", "c", "d"} {
		for range counts[l] {
			y = append(y, l)
			x = append(x, float64(len(x)))
		}
	}
	return frameOf(category("y", y...), numbers("x", x...))
}

func TestPartsHaveTheirSharesAndEveryRowIsInOne(t *testing.T) {
	f := labels(map[string]int{"a": 6000, "b": 3000, "c": 1000})
	s := spec(f, plan.Multiclass, "y", "", plan.RandomForest)
	trainRows, test, err := train.Split(f, s)
	if err != nil {
		t.Fatal(err)
	}
	held := make([]float64, 3)
	for _, r := range test {
		held[f.Columns[0].Codes[r]]++
	}
	for k, n := range []float64{6000, 3000, 1000} {
		if share, deviation := held[k]/n, math.Sqrt(0.25*0.75/n); math.Abs(share-0.25) > 3*deviation {
			t.Errorf("class %d: %.4f of its rows are held out, want 0.25 within %.4f", k, share, 3*deviation)
		}
	}
	all := slices.Concat(trainRows, test)
	slices.Sort(all)
	for i, r := range all {
		if i != r {
			t.Fatalf("row %d is in no part, or in both", i)
		}
	}
	if len(all) != f.Rows || !slices.IsSorted(trainRows) || !slices.IsSorted(test) {
		t.Error("rows are missing, or not ascending")
	}
}

func TestTheSplitFollowsFromTheSeed(t *testing.T) {
	f := labels(map[string]int{"a": 10, "b": 10})
	s := spec(f, plan.Binary, "y", "b", plan.RandomForest)
	_, one, _ := train.Split(f, s)
	_, again, _ := train.Split(f, s)
	if !slices.Equal(one, again) {
		t.Error("the same seed gives another split")
	}
	// Written down so that no release of Go or of Ashlar moves rows between the
	// parts of models that exist.
	if want := []int{2, 5, 8, 9, 10, 11, 15, 18}; !slices.Equal(one, want) {
		t.Errorf("seed 42 holds out %v, used to be %v", one, want)
	}
	s.Seed = 43
	if _, other, _ := train.Split(f, s); slices.Equal(one, other) {
		t.Error("another seed gives the same split")
	}
}

func eight() dataset.Column  { return numbers("x", 1, 2, 3, 4, 5, 6, 7, 8) }
func halves() dataset.Column { return category("y", "a", "a", "a", "a", "b", "b", "b", "b") }

// floatsTo counts from 0 to n-1.
func floatsTo(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i)
	}
	return out
}

// classify learns the classes c from eight numbers.
func classify(c dataset.Column) func() (*dataset.Frame, train.Spec) {
	return func() (*dataset.Frame, train.Spec) {
		f := frameOf(c, eight())
		return f, spec(f, plan.Binary, "y", "b", plan.RandomForest)
	}
}

// edit learns two classes of four rows each, with something changed.
func edit(change func(*train.Spec)) func() (*dataset.Frame, train.Spec) {
	return func() (*dataset.Frame, train.Spec) {
		f, s := classify(halves())()
		change(&s)
		return f, s
	}
}

func TestFitSaysWhatIsWrongWithTheData(t *testing.T) {
	x, y, nan := eight(), halves(), math.NaN()
	cases := map[string]struct {
		make func() (*dataset.Frame, train.Spec)
		want string
	}{
		"all-null target": {classify(category("y", "", "", "", "", "", "", "", "")),
			`target "y": all 8 rows are missing`},
		"one-class target": {classify(category("y", "b", "b", "b", "b", "b", "", "b", "b")),
			`every one of 7 rows is "b"; a classifier needs rows of at least two classes`},
		"three classes": {classify(category("y", "a", "b", "c", "a", "b", "c", "a", "b")),
			`two classes, the data has 3: "a" (3 rows), "b" (3 rows), "c" (2 rows)`},
		"no positive": {edit(func(s *train.Spec) { s.Model.Positive = "bad" }),
			`no row is the positive class "bad"; the data has "a" (4 rows), "b" (4 rows)`},
		"rare class": {classify(category("y", "a", "a", "a", "a", "a", "a", "a", "b")),
			`class "b" of target "y" has 1 row, 1 for training and 0 for testing`},
		"too many folds": {edit(func(s *train.Spec) {
			s.Model.CrossValidation = &plan.CrossValidation{Folds: 5,
				Stratified: true}
		}), `has 3 training rows, too few for 5 folds: lower folds to at most 3`},
		"one fold": {edit(func(s *train.Spec) { s.Model.CrossValidation = &plan.CrossValidation{Folds: 1} }),
			`folds is 1: want at least 2`},
		"no target column": {edit(func(s *train.Spec) { s.Model.Target = "z" }),
			`target "z": the data has no such column`},
		"no feature column": {edit(func(s *train.Spec) { s.Model.Features = []string{"x", "w"} }),
			`feature "w": the data has no such column`},
		"target a feature": {edit(func(s *train.Spec) { s.Model.Features = []string{"x", "y"} }),
			`feature "y" is the target`},
		"all rows held out": {edit(func(s *train.Spec) { s.Model.Split.TestSize = 0.99 }), `leaves none to train on`},
		"test size 1":       {edit(func(s *train.Spec) { s.Model.Split.TestSize = 1 }), `test_size is 1`},
		"wrong algorithm": {edit(func(s *train.Spec) { s.Model.Algorithm = plan.LinearRegression }),
			`algorithm "linear_regression" does not do binary: use one of random_forest, gradient_boosting, logistic_regression`},
		"no imputation": {edit(func(s *train.Spec) {
			s.Model.Algorithm, s.Model.Preprocessing.Numeric = plan.LogisticRegression, "none"
		}), `set preprocessing.numeric`},
		"regression on text": {func() (*dataset.Frame, train.Spec) {
			f := frameOf(y, x)
			return f, spec(f, plan.Regression, "y", "", plan.RandomForest)
		}, `target "y": is category, a regression learns a number`},
		"all-null number": {func() (*dataset.Frame, train.Spec) {
			f := frameOf(numbers("y", nan, nan), numbers("x", 1, 2))
			return f, spec(f, plan.Regression, "y", "", plan.RandomForest)
		}, `all 2 rows are missing`},
		"bad search metric": {edit(func(s *train.Spec) {
			s.Model.Search = &plan.Search{Method: "grid", Metric: "r2", Folds: 2,
				Space: map[string][]any{"max_depth": {2.0}}}
		}), `metric "r2" does not apply to a binary task`},
		"bad parameter": {edit(func(s *train.Spec) { s.Model.Params = plan.Params{"n_estimators": -1.0} }),
			`n_estimators is -1`},
	}
	for name, c := range cases {
		f, s := c.make()
		_, err := train.Fit(context.Background(), s, f, train.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), `model "m": `) {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
}

func TestAFoldOfOneClassIsRefusedInWords(t *testing.T) {
	f := frameOf(category("y", slices.Concat(slices.Repeat([]string{"a"}, 400), []string{"b", "b", "b", "b"})...),
		numbers("x", floatsTo(404)...))
	s := spec(f, plan.Binary, "y", "b", plan.LogisticRegression)
	s.Model.CrossValidation = &plan.CrossValidation{Folds: 40}
	_, err := train.Fit(t.Context(), s, f, train.Options{})
	const want = "roc_auc: it is undefined, because the rows of the fold are of one class: set stratified: true, or use fewer folds"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestAColumnThatMayBeAbsentAndIsStaysOutOfTheModel(t *testing.T) {
	f := frameOf(category("y", "a", "b", "a", "b", "a", "b", "a", "b"), numbers("x", 1, 2, 3, 4, 5, 6, 7, 8))
	s := spec(f, plan.Binary, "y", "b", plan.RandomForest)
	s.Model.Features = []string{"w", "x"}
	s.Dataset.Columns["w"] = plan.Column{Type: plan.Number, Optional: true}
	r, err := train.Fit(context.Background(), s, f, train.Options{})
	if err != nil || len(r.Model.Signature.Inputs) != 1 {
		t.Errorf("error %v", err)
	}
}

func TestABooleanTargetHasTheLabelsFalseAndTrue(t *testing.T) {
	y := dataset.Column{Name: "y", Type: plan.Boolean, Floats: []float64{0, 1, 1, 0}}
	f := frameOf(y, numbers("x", 1, 2, 3, 4))
	got, values, err := train.Target(f, spec(f, plan.Binary, "y", "false", plan.RandomForest))
	if err != nil || !slices.Equal(got, []string{"true", "false"}) || !slices.Equal(values, []float64{1, 0, 0, 1}) {
		t.Errorf("labels %v, values %v (%v)", got, values, err)
	}
}
