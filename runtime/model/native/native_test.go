package native

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// ground is a signature of number columns and an encoder that leaves them as
// they are.
func ground(labels []string, names ...string) (model.Signature, model.Encoder) {
	sig, enc := model.Signature{Target: "y", Labels: labels}, model.Encoder{}
	for _, n := range names {
		sig.Inputs = append(sig.Inputs, model.Field{Name: n, Type: plan.Number, Nullable: true})
		enc.Fields = append(enc.Fields, model.FieldEncoder{Name: n, Type: plan.Number})
	}
	return sig, enc
}

func frameOf(rows [][]*float64, names []string) *dataset.Frame {
	f := &dataset.Frame{Rows: len(rows)}
	for j, n := range names {
		c := dataset.Column{Name: n, Type: plan.Number}
		for _, r := range rows {
			v := math.NaN()
			if r[j] != nil {
				v = *r[j]
			}
			c.Floats = append(c.Floats, v)
		}
		f.Columns = append(f.Columns, c)
	}
	return f
}

var columns = []string{"a", "b b", "c=<1>", "d"}

// TestXGBoostsOwnPredictions checks scores against those of XGBoost 1.7 on the
// same rows, many of which lie on a threshold. See testdata/make.py.
func TestXGBoostsOwnPredictions(t *testing.T) {
	labels := map[plan.Task][]string{plan.Binary: {"no", "yes"}, plan.Multiclass: {"x", "y", "z"}}
	for _, task := range []plan.Task{plan.Binary, plan.Multiclass, plan.Regression} {
		t.Run(string(task), func(t *testing.T) {
			m := bound(t, string(task)+".json", task, labels[task], columns)
			var want struct {
				Rows        [][]*float64 `json:"rows"`
				Predictions []any        `json:"predictions"`
			}
			b, err := os.ReadFile(filepath.Join("testdata", string(task)+".rows.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			got, err := m.Predict(frameOf(want.Rows, columns))
			if err != nil {
				t.Fatal(err)
			}
			values := got.Proba
			if task == plan.Regression {
				values = got.Value
			}
			var flat []float64
			for _, p := range want.Predictions {
				if list, ok := p.([]any); ok {
					for _, one := range list {
						flat = append(flat, one.(float64))
					}
					continue
				}
				flat = append(flat, p.(float64))
			}
			if len(flat) != len(values) || len(want.Rows) < 100 {
				t.Fatalf("%d predictions of %d rows, want %d", len(values), len(want.Rows), len(flat))
			}
			for i := range flat {
				if math.Abs(flat[i]-values[i]) > 1e-6 {
					t.Errorf("prediction %d is %g, XGBoost's is %g", i, values[i], flat[i])
				}
			}
		})
	}
}

func bound(t *testing.T, file string, task plan.Task, labels, names []string) *model.Model {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	imported, err := Decode(plan.XGBoost, f)
	if err != nil {
		t.Fatal(err)
	}
	sig, enc := ground(labels, names...)
	m, err := imported.Model("m", task, sig, enc)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFeaturesMayStandInAnotherOrder(t *testing.T) {
	names := []string{"d", "c=<1>", "a", "b b"}
	straight := bound(t, "regression.json", plan.Regression, nil, columns)
	turned := bound(t, "regression.json", plan.Regression, nil, names)
	v := []float64{0.3, -1, 2, 1}
	a, err := straight.Predict(frameOf([][]*float64{{&v[0], &v[1], &v[2], &v[3]}}, columns))
	if err != nil {
		t.Fatal(err)
	}
	b, err := turned.Predict(frameOf([][]*float64{{&v[3], &v[2], &v[0], &v[1]}}, names))
	if err != nil {
		t.Fatal(err)
	}
	if a.Value[0] != b.Value[0] {
		t.Errorf("%g and %g for the same row", a.Value[0], b.Value[0])
	}
}

func TestBelowPartsNumbersAsXGBoostDoes(t *testing.T) {
	for _, c := range []float32{0, 1, -1, 0.1, 1e-30, -3.7e20, math.SmallestNonzeroFloat32, 16777216,
		math.Float32frombits(0x3f800001)} {
		bound := below(c)
		if !(float32(bound) < c) {
			t.Errorf("%g: %g goes right", c, bound)
		}
		if next := math.Nextafter(bound, math.Inf(1)); float32(next) < c {
			t.Errorf("%g: %g goes left too", c, next)
		}
	}
}

// forest is two trees in LightGBM's text. The first splits x0 at 0.5, missing
// to the left, then x1 at 2 without a missing type; the second is a constant.
const forest = `tree
version=v3
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=%s
feature_names=x0 x1
feature_infos=[0:1] [0:9]
tree_sizes=1 1

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
split_gain=1 1
threshold=0.5 2
decision_type=10 0
left_child=-1 -2
right_child=1 -3
leaf_value=0.25 -1 2
leaf_count=1 1 1
internal_value=0 0
shrinkage=0.1

Tree=1
num_leaves=1
num_cat=0
split_feature=
threshold=
decision_type=
left_child=
right_child=
leaf_value=0.5
shrinkage=1

end of trees

feature_importances:
x0=1

parameters:
[boosting: gbdt]
end of parameters
`

func TestLightGBMsText(t *testing.T) {
	nan := math.NaN()
	rows := []struct{ x0, x1, want float64 }{
		{0.5, 9, 0.75}, {nan, 9, 0.75}, {0.6, 2, -0.5}, {0.6, nan, -0.5}, {0.6, 2.1, 2.5},
	}
	for _, c := range []struct {
		objective string
		task      plan.Task
		labels    []string
		link      func(float64) float64
	}{
		{"regression", plan.Regression, nil, func(v float64) float64 { return v }},
		{"binary sigmoid:2", plan.Binary, []string{"n", "p"},
			func(v float64) float64 { return 1 / (1 + math.Exp(-2*v)) }},
	} {
		imported, err := Decode(plan.LightGBM, strings.NewReader(fmt.Sprintf(forest, c.objective)))
		if err != nil {
			t.Fatal(err)
		}
		sig, enc := ground(c.labels, "x0", "x1")
		m, err := imported.Model("m", c.task, sig, enc)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			got, err := m.Predict(frameOf([][]*float64{{&r.x0, &r.x1}}, []string{"x0", "x1"}))
			if err != nil {
				t.Fatal(err)
			}
			v := append(got.Proba, got.Value...)[0]
			if math.Abs(v-c.link(r.want)) > 1e-12 {
				t.Errorf("%s: (%g, %g) is %g, want %g", c.objective, r.x0, r.x1, v, c.link(r.want))
			}
		}
	}
}

func TestWhatTheRuntimeCannotScoreIsRefusedByName(t *testing.T) {
	b, err := os.ReadFile("testdata/binary.json")
	if err != nil {
		t.Fatal(err)
	}
	xgb, lgb := string(b), fmt.Sprintf(forest, "regression")
	for name, c := range map[string]struct{ flavor, text, from, to, want string }{
		"an unknown flavor": {"pickle", "", "", "", "not a format that the runtime scores"},
		"a pickle":          {plan.XGBoost, "\x80\x04", "", "", "save it with save_model"},
		"half of UBJSON":    {plan.XGBoost, "{L\x00", "", "", "the file ends there"},
		"a ranking":         {plan.XGBoost, xgb, "binary:logistic", "rank:pairwise", `objective "rank:pairwise"`},
		"another booster":   {plan.XGBoost, xgb, `"gbtree"`, `"gblinear"`, `booster "gblinear"`},
		"half a file":       {plan.XGBoost, xgb[:len(xgb)/2], "", "", "unexpected end"},
		"a base score out of it": {plan.XGBoost, xgb, `"base_score":"5E-1"`,
			`"base_score":"2E0"`, "not a probability"},
		"another text": {plan.LightGBM, "hello", "", "", `does not begin with "tree"`},
		"half a text":  {plan.LightGBM, lgb, "end of trees", "", "its end is missing"},
		"categories":   {plan.LightGBM, lgb, "num_cat=0", "num_cat=2", "cat_boundaries has 0 values, want 3"},
		"zeros as missing": {plan.LightGBM, lgb, "decision_type=10 0", "decision_type=6 0",
			"zeros count as missing"},
		"a child that is not": {plan.LightGBM, lgb, "left_child=-1 -2", "left_child=-1 -9", "do not form a tree"},
		"a cycle":             {plan.LightGBM, lgb, "left_child=-1 -2", "left_child=0 -2", "do not form a tree"},
		"too few values": {plan.LightGBM, lgb, "threshold=0.5 2", "threshold=0.5",
			"threshold has 1 values, want 2"},
		"an exponential link": {plan.LightGBM, lgb, "objective=regression",
			"objective=poisson", `objective "poisson"`},
		"a feature beyond":        {plan.LightGBM, lgb, "split_feature=0 1", "split_feature=0 2", "feature 2 of 2"},
		"a tree out of its place": {plan.LightGBM, lgb, "Tree=1", "Tree=5", `tree "5" comes where tree 1 should`},
	} {
		t.Run(name, func(t *testing.T) {
			if c.from != "" && !strings.Contains(c.text, c.from) {
				t.Fatalf("the file has no %q", c.from)
			}
			text := c.text
			if c.from != "" {
				text = strings.ReplaceAll(text, c.from, c.to)
			}
			_, err := Decode(c.flavor, strings.NewReader(text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAModelThatDoesNotFitTheBlueprintIsRefused(t *testing.T) {
	imported, err := Decode(plan.LightGBM, strings.NewReader(fmt.Sprintf(forest, "regression")))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		task  plan.Task
		names []string
		want  string
	}{
		{plan.Binary, []string{"x0", "x1"}, "is for a regression task"},
		{plan.Regression, []string{"x0"}, "it has 2 features, and the preprocessing makes 1"},
		{plan.Regression, []string{"x0", "z"}, "its features x1 are not among"},
	} {
		sig, enc := ground(nil, c.names...)
		if _, err := imported.Model("m", c.task, sig, enc); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func fuzz(f *testing.F, flavor string) {
	f.Fuzz(func(t *testing.T, b []byte) {
		imported, err := Decode(flavor, strings.NewReader(string(b)))
		if err != nil || imported.Width > 100 || imported.Ensemble.Outputs > 100 {
			return
		}
		var names, labels []string
		for i := range imported.Width {
			names = append(names, fmt.Sprintf("f%d", i))
		}
		imported.Features = nil
		switch imported.Task {
		case plan.Binary:
			labels = []string{"n", "p"}
		case plan.Multiclass:
			for i := range imported.Ensemble.Outputs {
				labels = append(labels, fmt.Sprint(i))
			}
		}
		sig, enc := ground(labels, names...)
		m, err := imported.Model("m", imported.Task, sig, enc)
		if err != nil {
			return
		}
		row := make([]*float64, len(names))
		if _, err := m.Predict(frameOf([][]*float64{row}, names)); err != nil {
			t.Error(err)
		}
	})
}

func FuzzXGBoost(f *testing.F) {
	b, err := os.ReadFile("testdata/regression.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	for _, file := range []string{"categories.ubj", "dart.ubj", "categories.json"} {
		if b, err = os.ReadFile(filepath.Join("testdata", file)); err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"learner":{"gradient_booster":{"name":"gbtree","model":{"tree_info":[0],"trees":[{"left_children":[-1],"right_children":[-1],"split_conditions":[1],"split_indices":[0],"default_left":[0]}]}},"learner_model_param":{"base_score":"0","num_feature":"1"},"objective":{"name":"reg:squarederror"}}}`))
	fuzz(f, plan.XGBoost)
}

func FuzzLightGBM(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(forest, "regression")))
	f.Add([]byte(fmt.Sprintf(forest, "binary sigmoid:1")))
	f.Add([]byte(strings.Replace(fmt.Sprintf(forest, "regression"), "num_cat=0\nsplit_feature=0 1\nsplit_gain=1 1\nthreshold=0.5 2\ndecision_type=10 0",
		"num_cat=1\ncat_boundaries=0 1\ncat_threshold=5\nsplit_feature=0 1\nthreshold=0 2\ndecision_type=1 0", 1)))
	fuzz(f, plan.LightGBM)
}

func BenchmarkDecode(b *testing.B) {
	text, err := os.ReadFile("testdata/multiclass.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Decode(plan.XGBoost, strings.NewReader(string(text))); err != nil {
			b.Fatal(err)
		}
	}
}
