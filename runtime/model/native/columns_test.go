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

func encoderOf(names ...string) model.Encoder {
	_, enc := ground(nil, names...)
	return enc
}

func TestNamesDecideWhichColumnIsMeantAndPositionOnlyWithoutThem(t *testing.T) {
	oneHot := model.Encoder{Fields: []model.FieldEncoder{{Name: "kind", Type: plan.Category, OneHot: true,
		Categories: []string{"a b", "a_b"}}}}
	signs := model.Encoder{Fields: []model.FieldEncoder{{Name: "kind", Type: plan.Category, OneHot: true,
		Categories: []string{"<", "["}}}}
	coded := model.Encoder{Fields: []model.FieldEncoder{{Name: "f0", Type: plan.Category, OneHot: true,
		Categories: []string{"a"}}}}
	for name, c := range map[string]struct {
		file []string
		enc  model.Encoder
		want []int32
		err  string
	}{
		"no names":                {nil, encoderOf("f1", "f0"), []int32{0, 1}, ""},
		"names, in another order": {[]string{"b", "a"}, encoderOf("a", "b"), []int32{1, 0}, ""},
		"columns called as XGBoost would call them": {[]string{"f0", "f1"},
			encoderOf("f1", "f0"), []int32{1, 0}, ""},
		"columns called as LightGBM would call them": {[]string{"Column_0", "Column_1"},
			encoderOf("Column_1", "Column_0"), []int32{1, 0}, ""},
		"names that XGBoost made up": {[]string{"f0", "f1"}, encoderOf("a", "b"), []int32{0, 1}, ""},
		"names that LightGBM made up": {[]string{"Column_0", "Column_1"},
			encoderOf("a", "b"), []int32{0, 1}, ""},
		"one of them is a column's name": {[]string{"f0", "f1"}, encoderOf("a", "f0"), nil,
			"by position, and f0 is also the blueprint's own name, which would go by name"},
		"one of them is a category's name": {[]string{"f0", "f1"}, coded, nil,
			"f0 is also the blueprint's own name"},
		"f0 out of its place is no name made up": {[]string{"f1", "f0"}, encoderOf("a", "b"), nil,
			"its features f1, f0 are not among"},
		"signs that the library forbids": {[]string{"c=_1_", "a"},
			encoderOf("a", "c=<1>"), []int32{1, 0}, ""},
		"two names that are one without signs": {[]string{"kind=a_b", "kind=_unknown_", "kind=a_b"}, oneHot,
			nil, `several of the preprocessing's kind=a b, kind=a_b, kind=<unknown> become "kind=a_b"`},
		"the same in their order": {[]string{"kind=a_b", "kind=a_b", "kind=_unknown_"}, oneHot,
			nil, "cannot be told apart"},
		"the same, made otherwise, in their order": {[]string{"kind=a b", "kind=a_b", "kind=_unknown_"},
			oneHot, []int32{0, 1, 2}, ""},
		"the same, made otherwise, in another order": {[]string{"kind=a_b", "kind=a b", "kind=_unknown_"},
			oneHot, []int32{1, 0, 2}, ""},
		"the same whole, in another order": {[]string{"kind=a_b", "kind=<unknown>", "kind=a b"},
			oneHot, []int32{1, 2, 0}, ""},
		"names as the file of features has them": {[]string{"kind=__2", "kind=_", "kind=_unknown_"},
			signs, []int32{1, 0, 2}, ""},
		"a name that is not there, and one that comes": {[]string{"a", "a"}, encoderOf("a", "b"), nil,
			"its features a are not among"},
	} {
		t.Run(name, func(t *testing.T) {
			m := Imported{Features: c.file, Width: max(len(c.file), c.enc.Width())}
			got, err := m.columns(&c.enc)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, %v, want an error with %q", got, err, c.err)
				}
				return
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

// stump are files of both libraries of one split, on the first of their
// columns: a row scores 2 where it is above 0 and -2 where it is not.
func stump(flavor, names string) string {
	if flavor == plan.LightGBM {
		return "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\nobjective=regression\nfeature_names=" + names +
			"\n\nTree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=0\ndecision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=-2 2\n\nend of trees\n"
	}
	list := `"` + strings.ReplaceAll(names, " ", `","`) + `"`
	return fmt.Sprintf(`{"learner":{"feature_names":[%s],"gradient_booster":{"name":"gbtree","model":{"tree_info":[0],"trees":[{"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_conditions":[0,-2,2],"split_indices":[0,0,0],"default_left":[0,0,0]}]}},"learner_model_param":{"base_score":"0","num_feature":"2"},"objective":{"name":"reg:squarederror"}}}`, list)
}

func TestAModelReadsTheColumnThatItLearntWhateverItIsCalled(t *testing.T) {
	low, high := -1.0, 1.0
	for _, flavor := range []string{plan.XGBoost, plan.LightGBM} {
		for _, names := range []string{"f0 f1", "Column_0 Column_1", "a b"} {
			imported, err := Decode(flavor, strings.NewReader(stump(flavor, names)))
			if err != nil {
				t.Fatal(err)
			}
			columns := strings.Fields(names)
			slices.Reverse(columns) // as the blueprint has them
			sig, enc := ground(nil, columns...)
			m, err := imported.Model("m", plan.Regression, sig, enc)
			if err != nil {
				t.Fatal(err)
			}
			got, err := m.Predict(frameOf([][]*float64{{&low, &high}, {&high, &low}}, columns))
			if err != nil || got.Value[0] != 2 || got.Value[1] != -2 {
				t.Errorf("%s, columns %v: %+v, %v", flavor, columns, got, err)
			}
		}
	}
}

func TestXGBoostNamesColumnsOnlyWhereTheyHadNames(t *testing.T) {
	b, err := os.ReadFile("testdata/unnamed.json")
	if err != nil {
		t.Fatal(err)
	}
	imported, err := Decode(plan.XGBoost, strings.NewReader(string(b)))
	if err != nil || len(imported.Features) != 0 || imported.Width != 2 {
		t.Errorf("%+v, %v", imported, err)
	}
}
