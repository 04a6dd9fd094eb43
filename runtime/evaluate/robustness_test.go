package evaluate_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// many is a table of n rows: y follows p, and other has nothing to do with it.
func many(n int) *dataset.Frame {
	r := rand.New(rand.NewPCG(9, 9))
	truth, p, other := make([]float64, n), make([]float64, n), make([]float64, n)
	home := make([]string, n)
	for i := range n {
		p[i], other[i], home[i] = r.Float64(), r.NormFloat64(), []string{"own", "rent"}[r.IntN(2)]
		if p[i]+0.2*r.NormFloat64() > 0.5 {
			truth[i] = 1
		}
	}
	return table(yesNo(truth...), numbers("p", p...), numbers("other", other...), category("home", home...))
}

// disturbed asks for the features to be disturbed in both ways.
func disturbed(fraction float64) evaluate.Spec {
	spec := binary()
	spec.Model.Features = []string{"home", "other", "p"}
	spec.Model.Require.Robustness = map[string]plan.RobustnessCheck{"missing": {Fraction: fraction},
		"noise": {Fraction: fraction}}
	return spec
}

func TestAFractionOfNothingChangesNothing(t *testing.T) {
	r := evaluated(t, many(300), disturbed(0))
	for kind, got := range r.Robustness {
		if diff := cmp.Diff(r.Metrics, got.Metrics); diff != "" {
			t.Errorf("%s\n%s", kind, diff)
		}
		for name, d := range got.Drop {
			if d != 0 {
				t.Errorf("%s dropped by %v under %s of nothing", name, d, kind)
			}
		}
	}
}

func TestEveryCellMissingLeavesAModelThatKnowsNothing(t *testing.T) {
	r := evaluated(t, many(300), disturbed(1))
	if got := r.Robustness["missing"].Metrics["roc_auc"]; got != 0.5 {
		t.Errorf("roc_auc without any cell is %v", got)
	}
	if got, want := r.Robustness["missing"].Drop["roc_auc"], r.Metrics["roc_auc"]-0.5; got != want || want < 0.3 {
		t.Errorf("it dropped by %v, want %v", got, want)
	}
	if got := r.Robustness["noise"].Metrics["roc_auc"]; !(got > 0.55 && got < r.Metrics["roc_auc"]-0.03) {
		t.Errorf("roc_auc under a deviation of noise is %v, without %v", got, r.Metrics["roc_auc"])
	}
}

// spy keeps the frames that a model was asked to predict.
func spy(frames *[]*dataset.Frame) evaluate.Predictor {
	return predictor(func(f *dataset.Frame) (*model.Predictions, error) {
		*frames = append(*frames, f)
		return byColumns{plan.Binary, []string{"p"}}.Predict(f)
	})
}

func TestCellsAreDisturbedAsTheFractionSays(t *testing.T) {
	const n = 20000
	var frames []*dataset.Frame
	spec := disturbed(0.1)
	spec.Workers = 1
	f := many(n)
	if _, err := evaluate.Evaluate(t.Context(), spy(&frames), f, spec); err != nil {
		t.Fatal(err)
	}
	missing, noisy := frames[1], frames[2] // after the undisturbed one
	for i := range f.Columns {
		was, without, with := f.Columns[i], missing.Columns[i], noisy.Columns[i]
		gone := 0.0
		for row := range n {
			if without.Missing(row) {
				gone++
			} else if without.Value(row) != was.Value(row) {
				t.Fatalf("%s, row %d: %s became %s", was.Name, row, was.Value(row), without.Value(row))
			}
		}
		if was.Name == "y" && gone != 0 || was.Name != "y" && math.Abs(gone/n-0.1) > 0.01 {
			t.Errorf("%s lost %v of its cells, want a tenth of the features'", was.Name, gone/n)
		}
		if was.Coded() {
			if diff := cmp.Diff(was, with); diff != "" {
				t.Errorf("noise changed %s", was.Name)
			}
			continue
		}
		mean, sum, squares, base := 0.0, 0.0, 0.0, 0.0
		for row := range n {
			mean += was.Floats[row] / n
		}
		for row := range n {
			d := with.Floats[row] - was.Floats[row]
			sum, squares, base = sum+d, squares+d*d, base+(was.Floats[row]-mean)*(was.Floats[row]-mean)
		}
		if share := math.Sqrt(squares / base); math.Abs(share-0.1) > 0.003 || math.Abs(sum/n) > 0.003 {
			t.Errorf("the noise on %s has %v of its deviation and mean %v", was.Name, share, sum/n)
		}
	}
}

func TestDisturbancesLeaveTheDataAlone(t *testing.T) {
	f := many(100)
	evaluated(t, f, disturbed(1))
	if diff := cmp.Diff(many(100), f); diff != "" {
		t.Error(diff)
	}
}

func TestAReportDependsOnTheSeedAndOnNothingElse(t *testing.T) {
	f := many(400)
	want := evaluated(t, f, disturbed(0.3))
	for _, workers := range []int{1, 2, 7} {
		spec := disturbed(0.3)
		spec.Workers = workers
		if diff := cmp.Diff(want, evaluated(t, f, spec)); diff != "" {
			t.Errorf("with %d workers\n%s", workers, diff)
		}
	}
	spec := disturbed(0.3)
	delete(spec.Model.Require.Robustness, "missing")
	if diff := cmp.Diff(want.Robustness["noise"], evaluated(t, f, spec).Robustness["noise"]); diff != "" {
		t.Errorf("noise depends on what else is asked for\n%s", diff)
	}
	turned := table(f.Columns[3], f.Columns[2], f.Columns[1], f.Columns[0])
	if diff := cmp.Diff(want, evaluated(t, turned, disturbed(0.3))); diff != "" {
		t.Errorf("the order of columns matters\n%s", diff)
	}
	spec = disturbed(0.3)
	spec.Seed = 43
	if got := evaluated(t, f, spec); cmp.Equal(want.Robustness, got.Robustness) ||
		cmp.Equal(want.Importance, got.Importance) {
		t.Error("another seed gives the same report")
	}
}

func TestNoiseIsMeasuredInDeviationsHoweverLargeTheNumbers(t *testing.T) {
	f := table(numbers("y", 1, 2, 3), numbers("p", 1, 2, 3), numbers("huge", 1e300, -1e300, 1e300),
		numbers("none", math.NaN(), math.NaN(), math.NaN()))
	spec := evaluate.Spec{Name: "m", Workers: 1, Model: plan.Model{
		Task: plan.Regression, Target: "y", Features: []string{"huge", "none"},
		Require: plan.Require{Robustness: map[string]plan.RobustnessCheck{"noise": {Fraction: 0.1}}},
	}}
	var frames []*dataset.Frame
	p := predictor(func(f *dataset.Frame) (*model.Predictions, error) {
		frames = append(frames, f)
		return byColumns{plan.Regression, []string{"p"}}.Predict(f)
	})
	if _, err := evaluate.Evaluate(t.Context(), p, f, spec); err != nil {
		t.Fatal(err)
	}
	for _, v := range frames[1].Column("huge").Floats {
		if math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) == 1e300 {
			t.Errorf("1e300 with noise is %v", v)
		}
	}
	for _, v := range frames[1].Column("none").Floats {
		if !math.IsNaN(v) {
			t.Errorf("noise made %v out of nothing", v)
		}
	}
}
