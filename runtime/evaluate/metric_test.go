package evaluate_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/quick"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// madeUp are predictions of n rows of any task, ties among them.
func madeUp(task plan.Task, seed uint64, n int) (truth []float64, pred *model.Predictions) {
	r := rand.New(rand.NewPCG(seed, 1))
	pred = &model.Predictions{}
	if task == plan.Regression {
		for range n {
			truth, pred.Value = append(truth, r.NormFloat64()), append(pred.Value, r.NormFloat64())
		}
		return truth, pred
	}
	if pred.Classes = 2; task == plan.Multiclass {
		pred.Classes = 3
	}
	for i := range n {
		truth = append(truth, float64((i+r.IntN(2))%pred.Classes)) // every class occurs
		p := []float64{float64(r.IntN(9) + 1), float64(r.IntN(9) + 1), float64(r.IntN(9) + 1)}
		label, sum := int32(0), 0.0
		for k := range pred.Classes {
			sum += p[k]
			if p[k] > p[label] {
				label = int32(k)
			}
		}
		for k := range pred.Classes {
			if task == plan.Multiclass || k == 1 {
				pred.Proba = append(pred.Proba, p[k]/sum)
			}
		}
		pred.Label = append(pred.Label, label)
	}
	return truth, pred
}

// permuted puts the rows into another order.
func permuted(truth []float64, p *model.Predictions, order []int) ([]float64, *model.Predictions) {
	out := &model.Predictions{Classes: p.Classes}
	var t []float64
	for _, row := range order {
		t = append(t, truth[row])
		if p.Value != nil {
			out.Value = append(out.Value, p.Value[row])
			continue
		}
		width := len(p.Proba) / len(truth)
		out.Label, out.Proba = append(out.Label, p.Label[row]), append(out.Proba, p.Proba[row*width:(row+1)*width]...)
	}
	return t, out
}

func TestMetricsDoNotDependOnTheOrderOfRows(t *testing.T) {
	for _, task := range []plan.Task{plan.Binary, plan.Multiclass, plan.Regression} {
		for _, name := range evaluate.Names(task) {
			check := func(seed uint64, size uint8) bool {
				n := int(size) + 6
				truth, pred := madeUp(task, seed, n)
				truth2, pred2 := permuted(truth, pred, rand.New(rand.NewPCG(seed, 2)).Perm(n))
				a, errA := evaluate.Score(name, task, truth, pred)
				b, errB := evaluate.Score(name, task, truth2, pred2)
				return reason(errA) == reason(errB) && math.Abs(a-b) <= 1e-12*math.Max(1, math.Abs(a))
			}
			if err := quick.Check(check, nil); err != nil {
				t.Errorf("%s %s: %v", task, name, err)
			}
		}
	}
}

func TestRankingMetricsSeeOnlyTheOrderOfScores(t *testing.T) {
	rising := []func(float64) float64{
		func(p float64) float64 { return p * p },
		func(p float64) float64 { return 1 / (1 + math.Exp(-8*(p-0.3))) },
		func(p float64) float64 { return p / 1024 },
	}
	for _, name := range []string{"roc_auc", "average_precision"} {
		check := func(seed uint64, size uint8) bool {
			truth, pred := madeUp(plan.Binary, seed, int(size)+6)
			want, err := evaluate.Score(name, plan.Binary, truth, pred)
			for _, f := range rising {
				moved := *pred
				moved.Proba = nil
				for _, p := range pred.Proba {
					moved.Proba = append(moved.Proba, f(p))
				}
				got, err2 := evaluate.Score(name, plan.Binary, truth, &moved)
				if reason(err) != reason(err2) || got != want {
					return false
				}
			}
			return true
		}
		if err := quick.Check(check, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSwappingTheClassesMirrorsTheArea(t *testing.T) {
	check := func(seed uint64, size uint8) bool {
		truth, pred := madeUp(plan.Binary, seed, int(size)+6)
		a, err := evaluate.Score("roc_auc", plan.Binary, truth, pred)
		for i := range truth {
			truth[i] = 1 - truth[i]
		}
		b, err2 := evaluate.Score("roc_auc", plan.Binary, truth, pred)
		return reason(err) == reason(err2) && (err != nil || math.Abs(a+b-1) < 1e-12)
	}
	if err := quick.Check(check, nil); err != nil {
		t.Error(err)
	}
}

func TestAConstantTruthThatRoundsBadlyIsStillConstant(t *testing.T) {
	truth := make([]float64, 10)
	missed := make([]float64, 10)
	for i := range truth {
		truth[i], missed[i] = 0.1, 0.3
	}
	for _, c := range []struct {
		pred []float64
		want float64
	}{{truth, 1}, {missed, 0}} {
		if got, err := evaluate.Score("r2", plan.Regression, truth,
			&model.Predictions{Value: c.pred}); err != nil || got != c.want {
			t.Errorf("r2 of %v for %v is %v (%v), want %v", c.pred[0], truth[0], got, err, c.want)
		}
	}
}

func TestNumbersThatAreNoneMakeEveryMetricUndefined(t *testing.T) {
	for _, task := range []plan.Task{plan.Binary, plan.Multiclass, plan.Regression} {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for _, name := range evaluate.Names(task) {
				truth, pred := madeUp(task, 5, 9)
				if task == plan.Regression {
					pred.Value[3] = bad
				} else {
					pred.Proba[3] = bad
				}
				if got, err := evaluate.Score(name, task, truth,
					pred); !strings.Contains(reason(err), "not a finite number") {
					t.Errorf("%s of a prediction of %v is %v (%v)", name, bad, got, err)
				}
			}
		}
	}
	huge := &model.Predictions{Value: []float64{1e200, -1e200}}
	if got, err := evaluate.Score("mean_squared_error", plan.Regression, []float64{1, 2}, huge); reason(err) == "" {
		t.Errorf("a square beyond a float64 is %v", got)
	}
}

func TestPredictionsOfOtherRowsAreRefused(t *testing.T) {
	two := []float64{0, 1}
	for name, c := range map[string]struct {
		metric string
		task   plan.Task
		truth  []float64
		pred   model.Predictions
		want   string
	}{
		"a name nobody knows": {"gini", plan.Binary, two, model.Predictions{},
			`unknown metric "gini"; for binary there are roc_auc, accuracy`},
		"another task's metric": {"r2", plan.Binary, two,
			model.Predictions{Classes: 2, Label: []int32{0, 1}, Proba: two}, `unknown metric "r2"`},
		"too few labels": {"accuracy", plan.Binary, two,
			model.Predictions{Classes: 2, Label: []int32{0}, Proba: two},
			"1 predictions and 2 probabilities for 2 rows"},
		"too few probabilities": {"roc_auc", plan.Multiclass, two,
			model.Predictions{Classes: 2, Label: []int32{0, 1}, Proba: two},
			"2 predictions and 2 probabilities for 2 rows"},
		"no rows":                 {"accuracy", plan.Binary, nil, model.Predictions{Classes: 2}, "0 predictions"},
		"no rows of a regression": {"r2", plan.Regression, nil, model.Predictions{}, "0 predictions"},
		"too few values": {"r2", plan.Regression, two, model.Predictions{Value: []float64{1}},
			"1 predictions for 2 rows"},
		"a label that there is not": {"accuracy", plan.Binary, two,
			model.Predictions{Classes: 2, Label: []int32{0, 2}, Proba: two},
			"row 2: class 1 predicted as 2, but there are 2 classes"},
		"a label below the first": {"recall", plan.Binary, two,
			model.Predictions{Classes: 2, Label: []int32{-1, 0}, Proba: two}, "row 1"},
		"a truth that there is not": {"f1", plan.Binary, []float64{0, 2},
			model.Predictions{Classes: 2, Label: []int32{0, 1}, Proba: two}, "row 2: class 2"},
		"a truth between two classes": {"f1", plan.Binary, []float64{0, 0.5},
			model.Predictions{Classes: 2, Label: []int32{0, 1}, Proba: two}, "row 2: class 0.5"},
		"a truth that is no number": {"f1", plan.Binary, []float64{0, math.NaN()},
			model.Predictions{Classes: 2, Label: []int32{0, 1}, Proba: two}, "row 2: class NaN"},
		"predictions without any class": {"accuracy", plan.Multiclass, two,
			model.Predictions{Label: []int32{0, 1}}, "there are 0 classes"},
	} {
		got, err := evaluate.Score(c.metric, c.task, c.truth, &c.pred)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v (%v), want %q", name, got, err, c.want)
		}
	}
}
