package forest

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram/reference"
)

var tasks = []plan.Task{plan.Binary, plan.Multiclass, plan.Regression}

// noisy returns features with ties and missing values, and targets that depend
// on them.
func noisy(rows int, task plan.Task) (*model.Matrix, []float64) {
	random := rand.New(rand.NewPCG(4, 4))
	x := &model.Matrix{Rows: rows, Columns: make([][]float64, 6)}
	y := make([]float64, rows)
	for f := range x.Columns {
		for i := range y {
			v := random.NormFloat64()
			if f > 3 {
				v = math.Round(v)
			}
			if y[i] += v * float64(f%3); f%2 == 1 && random.IntN(6) == 0 {
				v = math.NaN()
			}
			x.Columns[f] = append(x.Columns[f], v)
		}
	}
	for i, v := range y {
		switch task {
		case plan.Binary:
			y[i] = min(max(math.Round(v), 0), 1)
		case plan.Multiclass:
			y[i] = min(max(math.Round(v)+1, 0), 2)
		}
	}
	return x, y
}

func mustFit(t *testing.T, x *model.Matrix, y []float64, opt Options) *model.Ensemble {
	t.Helper()
	e, err := Fit(context.Background(), x, y, opt)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func feature(values ...float64) *model.Matrix {
	return &model.Matrix{Rows: len(values), Columns: [][]float64{values}}
}

func TestTreesDoNotDependOnTheNumberOfWorkers(t *testing.T) {
	for _, task := range tasks {
		x, y := noisy(800, task)
		opt := Options{Task: task, Classes: 3, Seed: 5, Params: plan.Params{"n_estimators": 9.0}}
		var first *model.Ensemble
		for _, workers := range []int{1, 2, 7} {
			opt.Workers = workers
			e := mustFit(t, x, y, opt)
			if first == nil {
				first = e
			} else if !reflect.DeepEqual(first, e) {
				t.Errorf("%s: %d workers grow other trees than one", task, workers)
			}
		}
	}
}

func TestAnotherSeedGrowsOtherTrees(t *testing.T) {
	x, y := noisy(300, plan.Binary)
	p := plan.Params{"n_estimators": 2.0}
	a := mustFit(t, x, y, Options{Task: plan.Binary, Params: p, Seed: 1})
	b := mustFit(t, x, y, Options{Task: plan.Binary, Params: p, Seed: 2})
	if reflect.DeepEqual(a.Trees[0], b.Trees[0]) || reflect.DeepEqual(a.Trees[0], a.Trees[1]) {
		t.Error("two trees are the same")
	}
}

// A full tree over all rows and features tells apart whatever can be told.
func TestAFullTreeKnowsItsRows(t *testing.T) {
	for _, task := range tasks {
		for _, criterion := range []string{"", "entropy"} {
			x, y := noisy(600, task)
			p := plan.Params{"n_estimators": 1.0, "bootstrap": false, "max_features": nil}
			if criterion != "" && task != plan.Regression {
				p["criterion"] = criterion
			}
			e := mustFit(t, x, y, Options{Task: task, Classes: 3, Params: p})
			for i, want := range y {
				got := reference.Raw(e, x, i)
				if task == plan.Multiclass {
					got, want = got[int(want):], 1
				}
				if math.Abs(got[0]-want) > 1e-9 {
					t.Fatalf("%s %s row %d: %v, want %v", task, criterion, i, got[0], want)
				}
			}
		}
	}
}

func TestBinnedSplitsRouteTheirRowsAsTheyWereCounted(t *testing.T) {
	const rows = exactRows + 2000
	random := rand.New(rand.NewPCG(1, 1))
	x := &model.Matrix{Rows: rows, Columns: [][]float64{make([]float64, rows), make([]float64, rows)}}
	y := make([]float64, rows)
	for i := range y {
		x.Columns[0][i], x.Columns[1][i] = random.NormFloat64(), random.NormFloat64()
		y[i] = x.Columns[0][i] * x.Columns[1][i]
		if i%50 == 0 {
			x.Columns[1][i] = math.NaN()
		}
	}
	p := plan.Params{"n_estimators": 1.0, "bootstrap": false, "max_depth": 8.0}
	tree := mustFit(t, x, y, Options{Task: plan.Regression, Params: p}).Trees[0]
	sums, counts := map[int32]float64{}, map[int32]float64{}
	for i := range y {
		leaf := leafOf(tree, x, i)
		sums[leaf] += y[i]
		counts[leaf]++
	}
	for leaf, n := range counts {
		if got, want := tree.Leaf[tree.Left[leaf]], sums[leaf]/n; math.Abs(got-want) > 1e-9 {
			t.Errorf("leaf %d holds %v, its rows' mean is %v", leaf, got, want)
		}
	}
	if len(counts) < 200 {
		t.Errorf("only %d leaves", len(counts))
	}
}

func leafOf(tree model.Tree, x *model.Matrix, row int) int32 {
	at := int32(0)
	for tree.Feature[at] >= 0 {
		v := x.Columns[tree.Feature[at]][row]
		if v <= tree.Threshold[at] || math.IsNaN(v) && tree.MissingLeft[at] {
			at = tree.Left[at]
		} else {
			at = tree.Right[at]
		}
	}
	return at
}

func depthOf(tree model.Tree, at int32) int {
	if tree.Feature[at] < 0 {
		return 0
	}
	return 1 + max(depthOf(tree, tree.Left[at]), depthOf(tree, tree.Right[at]))
}

func TestTheShapeOfTreesIsLimited(t *testing.T) {
	x, y := noisy(700, plan.Multiclass)
	cases := map[string]struct {
		params plan.Params
		holds  func(tree model.Tree, rows map[int32]int) bool
	}{
		"max_depth": {plan.Params{"max_depth": 3.0},
			func(t model.Tree, _ map[int32]int) bool { return depthOf(t, 0) == 3 }},
		"max_leaf_nodes": {plan.Params{"max_leaf_nodes": 6.0},
			func(t model.Tree, _ map[int32]int) bool { return len(t.Leaf) == 6*3 }},
		"min_samples_leaf": {plan.Params{"min_samples_leaf": 20.0},
			func(_ model.Tree, rows map[int32]int) bool { return smallest(rows) >= 20 && smallest(rows) < 40 }},
		"a share": {plan.Params{"min_samples_leaf": 0.1},
			func(_ model.Tree, rows map[int32]int) bool { return smallest(rows) >= 70 }},
		"min_samples_split": {plan.Params{"min_samples_split": 700.0},
			func(t model.Tree, _ map[int32]int) bool { return depthOf(t, 0) == 1 }},
		"min_impurity_decrease": {plan.Params{"min_impurity_decrease": 1.0},
			func(t model.Tree, _ map[int32]int) bool { return depthOf(t, 0) == 0 }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.params["n_estimators"], c.params["bootstrap"] = 3.0, false
			e := mustFit(t, x, y, Options{Task: plan.Multiclass, Classes: 3, Params: c.params})
			for _, tree := range e.Trees {
				rows := map[int32]int{}
				for i := range y {
					rows[leafOf(tree, x, i)]++
				}
				if !c.holds(tree, rows) {
					t.Errorf("depth %d, %d leaf values, smallest leaf %d", depthOf(tree, 0),
						len(tree.Leaf), smallest(rows))
				}
			}
		})
	}
}

func smallest(rows map[int32]int) int {
	least := math.MaxInt
	for _, n := range rows {
		least = min(least, n)
	}
	return least
}

func TestMissingValuesGoWhereTheyBelong(t *testing.T) {
	gap := math.NaN()
	p := plan.Params{"n_estimators": 1.0, "bootstrap": false}
	cases := map[string]struct {
		x, y []float64
		want map[float64]float64
	}{
		"with the low": {[]float64{1, 1, gap, gap, 9, 9}, []float64{0, 0, 0, 0, 1, 1},
			map[float64]float64{1: 0, 9: 1, gap: 0}},
		"with the high": {[]float64{1, 1, gap, gap, 9, 9}, []float64{0, 0, 1, 1, 1, 1},
			map[float64]float64{1: 0, 9: 1, gap: 1}},
		"on their own": {[]float64{1, 1, gap, gap, 1, 1}, []float64{0, 0, 1, 1, 0, 0},
			map[float64]float64{1: 0, gap: 1, 1e300: 0}},
		"with the many":       {[]float64{1, 1, 1, 1, 9, 9}, []float64{0, 0, 0, 0, 1, 1}, map[float64]float64{gap: 0}},
		"with the many, high": {[]float64{1, 1, 9, 9, 9, 9}, []float64{0, 0, 1, 1, 1, 1}, map[float64]float64{gap: 1}},
	}
	for name, c := range cases {
		for _, task := range []plan.Task{plan.Binary, plan.Regression} {
			e := mustFit(t, feature(c.x...), c.y, Options{Task: task, Params: p})
			for v, want := range c.want {
				if got := reference.Raw(e, feature(v), 0)[0]; got != want {
					t.Errorf("%s, %s: at %v %v, want %v", name, task, v, got, want)
				}
			}
		}
	}
}

func TestClassWeightsMoveTheLeaves(t *testing.T) {
	y := []float64{0, 0, 0, 1}
	for weight, want := range map[any]float64{nil: 0.25, "balanced": 0.5, "balanced_subsample": 0.5} {
		p := plan.Params{"n_estimators": 1.0, "bootstrap": false, "class_weight": weight}
		e := mustFit(t, feature(1, 1, 1, 1), y, Options{Task: plan.Binary, Params: p})
		if got := reference.Raw(e, feature(1), 0)[0]; math.Abs(got-want) > 1e-12 {
			t.Errorf("class_weight %v: %v, want %v", weight, got, want)
		}
	}
}

func TestOddDataGivesSaneResults(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	cases := map[string]struct {
		x    *model.Matrix
		y    []float64
		task plan.Task
	}{
		"one row":                 {feature(1), []float64{7}, plan.Regression},
		"a constant feature":      {feature(3, 3, 3), []float64{0, 1, 1}, plan.Binary},
		"a feature all missing":   {feature(nan, nan, nan), []float64{0, 1, 2}, plan.Multiclass},
		"infinite features":       {feature(inf, -inf, 1, nan), []float64{1, 2, 3, 4}, plan.Regression},
		"a class that no row has": {feature(1, 2, 3), []float64{0, 2, 2}, plan.Multiclass},
		"a constant target":       {feature(1, 2, 3), []float64{5, 5, 5}, plan.Regression},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e := mustFit(t, c.x, c.y, Options{Task: c.task, Classes: 3, Params: plan.Params{"n_estimators": 20.0}})
			least, most := c.y[0], c.y[0]
			for _, v := range c.y {
				least, most = min(least, v), max(most, v)
			}
			for i := range c.y {
				total := 0.0
				for _, v := range reference.Raw(e, c.x, i) {
					total += v
				}
				switch {
				case c.task == plan.Multiclass && math.Abs(total-1) > 1e-9:
					t.Errorf("row %d: probabilities add up to %v", i, total)
				case c.task == plan.Regression && !(total >= least-1e-9 && total <= most+1e-9):
					t.Errorf("row %d: %v is beyond every target", i, total)
				case c.task == plan.Binary && !(total >= 0 && total <= 1):
					t.Errorf("row %d: probability %v", i, total)
				}
			}
		})
	}
}

func TestMaxFeatures(t *testing.T) {
	for _, c := range []struct {
		given any
		task  plan.Task
		want  int
	}{
		{"sqrt", plan.Binary, 4}, {"log2", plan.Binary, 4}, {nil, plan.Binary, 20}, {0.5, plan.Binary, 10},
		{1.0, plan.Binary, 20}, {0.001, plan.Binary, 1}, {3.0, plan.Binary, 3}, {99.0, plan.Binary, 20},
		{"absent", plan.Binary, 4}, {"absent", plan.Regression, 20},
	} {
		params := plan.Params{"max_features": c.given}
		if c.given == "absent" {
			params = nil
		}
		p, err := readParams(params, c.task, 100, 20)
		if err != nil || p.features != c.want {
			t.Errorf("max_features %v of 20: %d, %v; want %d", c.given, p.features, err, c.want)
		}
	}
}

func TestMaxSamplesLimitsTheRowsOfATree(t *testing.T) {
	x, y := noisy(400, plan.Regression)
	for given, most := range map[float64]int{0.1: 40, 30: 30, 1: 400} {
		p, err := readParams(plan.Params{"max_samples": given}, plan.Regression, len(y), len(x.Columns))
		if err != nil {
			t.Fatal(err)
		}
		d, err := newData(context.Background(), x, y, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		g := newGrower(d, p, stream(1, 1))
		if g.total != float64(most) || len(g.rows) > most || len(g.rows) < most/2 {
			t.Errorf("max_samples %v: drew %v times %d rows, want %d", given, g.total, len(g.rows), most)
		}
	}
}

func TestAClassWeightNeedsClasses(t *testing.T) {
	p := plan.Params{"class_weight": "balanced"}
	if _, err := Fit(context.Background(), feature(1, 2), []float64{1, 2},
		Options{Task: plan.Regression, Params: p}); err == nil {
		t.Error("a regression took class weights")
	}
}

func TestBadInputIsRefused(t *testing.T) {
	p := plan.Params{
		"n_estimators": 0.0, "max_depth": -1.0, "max_features": "half", "criterion": "squared_error",
		"max_samples": 5.0, "min_samples_leaf": 0.0,
	}
	_, err := Fit(context.Background(), feature(1, 2), []float64{0, 1}, Options{Task: plan.Binary, Params: p})
	for name := range p {
		if err == nil || !strings.Contains(err.Error(), "parameter "+name+" is") {
			t.Errorf("error does not name %s: %v", name, err)
		}
	}
	if _, err := Fit(context.Background(), feature(1, 2), []float64{0, math.NaN()},
		Options{Task: plan.Regression}); err == nil {
		t.Error("a missing target went through")
	}
}

func TestACancelledFitEndsWithTheContextsError(t *testing.T) {
	x, y := noisy(500, plan.Binary)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(ctx, x, y, Options{Task: plan.Binary}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
