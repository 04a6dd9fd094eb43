package evaluate_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

func TestRowsWithoutATargetAreLeftOut(t *testing.T) {
	f := table(category("y", "yes", "", "no", "", "yes"), numbers("p", 1, 1, 0, 0, 0),
		category("g", "a", "b", "a", "b", "a"))
	r := evaluated(t, f, fair("g"))
	if r.Rows != 3 || !near(r.Metrics["accuracy"], 2.0/3) {
		t.Errorf("%d rows, metrics %v", r.Rows, r.Metrics)
	}
	if diff := cmp.Diff(map[string]int{"a": 3}, names(r.Fairness["g"])); diff != "" {
		t.Errorf("groups are of other rows\n%s", diff)
	}
}

func TestTheTargetsValuesAreMatchedToTheModelsClasses(t *testing.T) {
	spec := binary()
	spec.Labels = []string{"false", "true"}
	target := dataset.Column{Name: "y", Type: plan.Boolean, Floats: []float64{1, 0, 1}}
	if r := evaluated(t, table(target, numbers("p", 0.9, 0.1, 0.2)), spec); !cmp.Equal(r.ConfusionMatrix,
		[][]int{{1, 0}, {1, 1}}) {
		t.Errorf("confusion matrix %v: rows are the truth", r.ConfusionMatrix)
	}
}

func TestPerfectPredictionsScoreBestWhicheverWayIsBetter(t *testing.T) {
	for _, task := range []plan.Task{plan.Binary, plan.Multiclass, plan.Regression} {
		truth, poor := madeUp(task, 3, 40)
		best := &model.Predictions{Classes: poor.Classes}
		for _, v := range truth {
			if task == plan.Regression {
				best.Value = append(best.Value, v)
				continue
			}
			best.Label = append(best.Label, int32(v))
			for k := range poor.Classes {
				if task == plan.Multiclass || k == 1 {
					best.Proba = append(best.Proba, map[bool]float64{true: 1}[k == int(v)])
				}
			}
		}
		for _, name := range evaluate.Names(task) {
			a, err := evaluate.Score(name, task, truth, best)
			b, err2 := evaluate.Score(name, task, truth, poor)
			if err != nil || err2 != nil || evaluate.GreaterIsBetter(name) != (a > b) {
				t.Errorf("%s: %v for perfect predictions, %v for poor ones; greater is better: %v (%v, %v)", name, a, b,
					evaluate.GreaterIsBetter(name), err, err2)
			}
		}
		if got := evaluate.PrimaryMetric(task); got != evaluate.Names(task)[0] {
			t.Errorf("%s is judged by %s", task, got)
		}
	}
}

func TestAReportReadsBackFromJSON(t *testing.T) {
	spec := fair("g")
	spec.Model.Require.Robustness = map[string]plan.RobustnessCheck{"missing": {Fraction: 0.5},
		"noise": {Fraction: 0.5}}
	f := table(yesNo(0, 1, 0, 1), numbers("p", 0.2, 0.9, 0.6, 0.7), category("g", "a", "a", "b", "b"))
	for name, f := range map[string]*dataset.Frame{"": f,
		"one class": table(yesNo(0, 0, 0, 0), f.Columns[1], f.Columns[2])} {
		r := evaluated(t, f, spec)
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back evaluate.Report
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back)
		if err != nil || string(again) != string(text) || len(r.Robustness) != 2 || len(r.Fairness) != 1 {
			t.Errorf("%s: %s became %s (%v)", name, text, again, err)
		}
	}
}

func TestWhatCannotBeEvaluatedIsRefused(t *testing.T) {
	good := byColumns{plan.Binary, []string{"p"}}
	f := table(yesNo(0, 1, 1), numbers("p", 0, 1, 1))
	with := func(change func(*evaluate.Spec)) evaluate.Spec {
		s := binary()
		change(&s)
		return s
	}
	wrong := func(p model.Predictions) evaluate.Predictor {
		return predictor(func(*dataset.Frame) (*model.Predictions, error) { return &p, nil })
	}
	for _, c := range []struct {
		p    evaluate.Predictor
		f    *dataset.Frame
		spec evaluate.Spec
		want string
	}{
		{good, f, with(func(s *evaluate.Spec) { s.Model.Target = "z" }),
			`evaluate m: the data has no target column "z"`},
		{good, table(category("y", "", "yes", "maybe"), numbers("p", 0, 1, 1)), binary(),
			`target "y": row 3 is "maybe", which is not one of the model's classes [no yes]`},
		{good, table(category("y", "", "", ""), numbers("p", 0, 1, 1)), binary(),
			`target "y" has no value in any of 3 rows`},
		{good, table(category("y"), numbers("p")), binary(), "in any of 0 rows"},
		{good, f, with(func(s *evaluate.Spec) { s.Model.Task = plan.Regression }),
			`target "y" is a category column, which a regression cannot predict`},
		{good, f, with(func(s *evaluate.Spec) { s.Labels = append(s.Labels, "maybe") }),
			"a binary model has two classes, not [no yes maybe]"},
		{predictor(func(*dataset.Frame) (*model.Predictions, error) { return nil, errors.New("column p is gone") }), f,
			binary(), "evaluate m: column p is gone"},
		{wrong(model.Predictions{Classes: 2, Label: []int32{0}, Proba: []float64{0}}), f, binary(),
			"1 predictions and 1 probabilities for 3 rows"},
		{wrong(model.Predictions{Classes: 3, Label: []int32{0, 2, 1}, Proba: []float64{0, 1, 1}}), f, binary(),
			"of 3 classes, the model's are 2"},
		{wrong(model.Predictions{Classes: 2, Label: []int32{0, 7, 1}, Proba: []float64{0, 1, 1}}), f, binary(),
			"row 2: class 1 predicted as 7"},
		{good, f, with(func(s *evaluate.Spec) {
			s.Model.Require.Robustness = map[string]plan.RobustnessCheck{"earthquake": {}}
		}), `unknown disturbance "earthquake"; there are missing, noise`},
	} {
		if got := refusal(t, c.p, c.f, c.spec); !strings.Contains(got, c.want) {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestAnEvaluationEndsWhenItIsCancelled(t *testing.T) {
	f := table(yesNo(0, 1, 1), numbers("p", 0, 1, 1))
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	p := predictor(func(f *dataset.Frame) (*model.Predictions, error) {
		if asked++; asked == 2 {
			cancel()
		}
		return byColumns{plan.Binary, []string{"p"}}.Predict(f)
	})
	spec := binary()
	spec.Workers = 1
	spec.Model.Require.Robustness = map[string]plan.RobustnessCheck{"missing": {Fraction: 0.5},
		"noise": {Fraction: 0.5}}
	if _, err := evaluate.Evaluate(ctx, p, f, spec); !errors.Is(err, context.Canceled) || asked != 2 {
		t.Errorf("%v after %d predictions", err, asked)
	}
	if _, err := evaluate.Evaluate(ctx, p, f, spec); !errors.Is(err, context.Canceled) || asked != 2 {
		t.Errorf("one that was cancelled before it began: %v after %d predictions", err, asked)
	}
}
