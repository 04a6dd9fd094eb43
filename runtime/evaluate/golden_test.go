package evaluate_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// golden is testdata/golden.json, which testdata/golden.py writes.
type golden struct {
	Cases    []goldenCase `json:"cases"`
	Fairness struct {
		Group   []string                      `json:"group"`
		Truth   []float64                     `json:"truth"`
		Proba   []float64                     `json:"proba"`
		Groups  map[string]map[string]float64 `json:"groups"`
		Metrics map[string]float64            `json:"metrics"`
	} `json:"fairness"`
}

type goldenCase struct {
	Name      string              `json:"name"`
	Task      plan.Task           `json:"task"`
	Classes   int                 `json:"classes"`
	Truth     []float64           `json:"truth"`
	Label     []int32             `json:"label"`
	Proba     []float64           `json:"proba"`
	Value     []float64           `json:"value"`
	Metrics   map[string]*float64 `json:"metrics"` // nil: undefined
	Confusion [][]int             `json:"confusion_matrix"`
}

func readGolden(t *testing.T) golden {
	t.Helper()
	text, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func (c goldenCase) predictions() *model.Predictions {
	return &model.Predictions{Classes: c.Classes, Label: c.Label, Proba: c.Proba, Value: c.Value}
}

func TestMetricsAreScikitLearns(t *testing.T) {
	covered := map[string]int{}
	for _, c := range readGolden(t).Cases {
		names := evaluate.Names(c.Task)
		if len(names) != len(c.Metrics) {
			t.Errorf("%s, %s: %d metrics have golden values, there are %v", c.Task, c.Name, len(c.Metrics), names)
		}
		for _, name := range names {
			got, err := evaluate.Score(name, c.Task, c.Truth, c.predictions())
			want := c.Metrics[name]
			switch {
			case want == nil && reason(err) == "":
				t.Errorf("%s, %s: %s is %v, want it undefined", c.Task, c.Name, name, got)
			case want != nil && (err != nil || !near(got, *want)):
				t.Errorf("%s, %s: %s is %v (%v), want %v", c.Task, c.Name, name, got, err, *want)
			case want != nil:
				covered[string(c.Task)+" "+name]++
			}
		}
	}
	for _, task := range []plan.Task{plan.Binary, plan.Multiclass, plan.Regression} {
		for _, name := range evaluate.Names(task) {
			if covered[string(task)+" "+name] < 3 {
				t.Errorf("%s %s has fewer than three golden values", task, name)
			}
		}
	}
}

// frame is a case as data: y is the truth, p or p0, p1, ... the predictions.
func (c goldenCase) frame() (*dataset.Frame, evaluate.Spec, byColumns) {
	spec := evaluate.Spec{Name: c.Name, Model: plan.Model{Task: c.Task, Target: "y"}}
	p := byColumns{task: c.Task, columns: []string{"p"}}
	if c.Task == plan.Regression {
		return table(numbers("y", c.Truth...), numbers("p", c.Value...)), spec, p
	}
	text := make([]string, len(c.Truth))
	for i, v := range c.Truth {
		text[i] = fmt.Sprint("class ", v)
	}
	columns := []dataset.Column{category("y", text...), numbers("p", c.Proba...)}
	for k := range c.Classes {
		spec.Labels = append(spec.Labels, fmt.Sprint("class ", k))
	}
	if c.Task == plan.Multiclass {
		columns, p.columns = columns[:1], nil
		for k := range c.Classes {
			one := numbers(fmt.Sprint("p", k))
			for row := range c.Truth {
				one.Floats = append(one.Floats, c.Proba[row*c.Classes+k])
			}
			columns, p.columns = append(columns, one), append(p.columns, one.Name)
		}
	}
	return table(columns...), spec, p
}

func TestAReportHoldsEveryMetricOrWhyNotAndTheConfusionMatrix(t *testing.T) {
	for _, c := range readGolden(t).Cases {
		f, spec, p := c.frame()
		r, err := evaluate.Evaluate(t.Context(), p, f, spec)
		if err != nil {
			t.Errorf("%s, %s: %v", c.Task, c.Name, err)
			continue
		}
		for name, want := range c.Metrics {
			got, ok := r.Metrics[name]
			if want != nil && (!ok || !near(got, *want)) || want == nil && (ok || r.Undefined[name] == "") {
				t.Errorf("%s, %s: %s is %v %q", c.Task, c.Name, name, got, r.Undefined[name])
			}
		}
		if diff := cmp.Diff(c.Confusion, r.ConfusionMatrix); diff != "" {
			t.Errorf("%s, %s: confusion matrix\n%s", c.Task, c.Name, diff)
		}
		if r.Rows != len(c.Truth) || r.Task != c.Task {
			t.Errorf("%s, %s: %d rows of %s", c.Task, c.Name, r.Rows, r.Task)
		}
	}
}

func TestFairnessIsFairlearns(t *testing.T) {
	g := readGolden(t).Fairness
	spec := binary()
	spec.Model.Require.Fairness = map[string]plan.Fairness{"g": {MinGroup: 30}}
	r := evaluated(t, table(yesNo(g.Truth...), numbers("p", g.Proba...), category("g", g.Group...)), spec)
	got := r.Fairness["g"]
	if len(got.Groups) != len(g.Groups) || len(g.Groups) != 3 || got.Undefined != "" {
		t.Fatalf("groups %+v %q, want %v", got.Groups, got.Undefined, g.Groups)
	}
	for _, have := range got.Groups {
		want := g.Groups[have.Name]
		if float64(have.Count) != want["count"] || !have.Judged || !near(have.SelectionRate, want["selection_rate"]) ||
			!near(have.Accuracy, want["accuracy"]) ||
			!near(*have.TruePositive, want["true_positive_rate"]) ||
			!near(*have.FalsePositive, want["false_positive_rate"]) {
			t.Errorf("group %+v, want %v", have, want)
		}
	}
	if len(got.Metrics) != len(g.Metrics) {
		t.Errorf("metrics %v, want %v", got.Metrics, g.Metrics)
	}
	for name, want := range g.Metrics {
		if !near(got.Metrics[name], want) {
			t.Errorf("%s is %v, want %v", name, got.Metrics[name], want)
		}
	}
}
