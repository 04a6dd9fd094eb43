package boosting

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram/reference"
)

// holes returns a matrix with missing and repeated values, and targets of the
// task that depend on it.
func holes(rows int, task plan.Task) (*model.Matrix, []float64) {
	x, y := detector(rows, 14, 3)
	random := rand.New(rand.NewPCG(9, 9))
	for f, column := range x.Columns {
		for i := range column {
			if f < 3 && random.IntN(5) == 0 {
				column[i] = math.NaN()
			} else if f > 10 {
				column[i] = math.Round(column[i])
			}
		}
	}
	for i := range y {
		switch task {
		case plan.Regression:
			y[i] = y[i]*3 + random.NormFloat64()
		case plan.Multiclass:
			y[i] += float64(random.IntN(2))
		}
	}
	return x, y
}

var tasks = []plan.Task{plan.Binary, plan.Multiclass, plan.Regression}

func TestTreesDoNotDependOnTheNumberOfWorkers(t *testing.T) {
	for _, task := range tasks {
		x, y := holes(20_000, task)
		opt := Options{Task: task, Classes: 3, Seed: 5, Params: plan.Params{"max_iter": 8.0, "early_stopping": true}}
		var first *model.Ensemble
		for _, workers := range []int{1, 2, 7} {
			opt.Workers = workers
			e, err := Fit(context.Background(), x, y, opt)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = e
			} else if !reflect.DeepEqual(first, e) {
				t.Errorf("%s: %d workers grow other trees than one", task, workers)
			}
		}
	}
}

func TestScoringTheMatrixGivesTheScoresOfTraining(t *testing.T) {
	for _, task := range tasks {
		x, y := holes(3000, task)
		x.Columns[4][7], x.Columns[5][8] = math.Inf(1), math.Inf(-1)
		p, err := readParams(plan.Params{"max_iter": 20.0, "early_stopping": true}, len(y))
		if err != nil {
			t.Fatal(err)
		}
		b := &booster{params: p, options: Options{Task: task}, y: y,
			classes: map[plan.Task]int{plan.Binary: 2, plan.Multiclass: 3}[task]}
		if err := errors.Join(b.prepare(context.Background(), x), b.boost(context.Background())); err != nil {
			t.Fatal(err)
		}
		b.best = len(b.trees)
		e := b.ensemble()
		for i := range y {
			for k, got := range reference.Raw(e, x, i) {
				if math.Abs(got-b.raw[k][i]) > 1e-9 {
					t.Fatalf("%s row %d output %d: scored %v, in training %v", task, i, k, got, b.raw[k][i])
				}
			}
		}
	}
}

func TestTreesAreWellFormed(t *testing.T) {
	for _, task := range tasks {
		x, y := holes(2000, task)
		e, err := Fit(context.Background(), x, y, Options{Task: task, Classes: 3, Params: plan.Params{"max_iter": 5.0}})
		if err != nil {
			t.Fatal(err)
		}
		for _, tree := range e.Trees {
			leaves := 0
			for i, f := range tree.Feature {
				if f < 0 {
					leaves++
				} else if int(tree.Left[i]) <= i || int(tree.Right[i]) <= i {
					t.Fatalf("node %d has children %d and %d", i, tree.Left[i], tree.Right[i])
				}
			}
			if leaves != len(tree.Leaf) || leaves > 31 {
				t.Fatalf("%d leaves, %d values", leaves, len(tree.Leaf))
			}
		}
	}
}

// visits counts the rows in each leaf.
func visits(tree model.Tree, x *model.Matrix) map[int32]int {
	counts := map[int32]int{}
	for i := range x.Rows {
		at := int32(0)
		for tree.Feature[at] >= 0 {
			v := x.Columns[tree.Feature[at]][i]
			if v <= tree.Threshold[at] || math.IsNaN(v) && tree.MissingLeft[at] {
				at = tree.Left[at]
			} else {
				at = tree.Right[at]
			}
		}
		counts[at]++
	}
	return counts
}

func TestNoLeafIsSmallerThanAsked(t *testing.T) {
	for _, task := range tasks {
		x, y := holes(1500, task)
		e, err := Fit(context.Background(), x, y, Options{Task: task, Classes: 3, Params: plan.Params{
			"max_iter": 40.0, "learning_rate": 0.5, "min_samples_leaf": 37.0, "max_leaf_nodes": nil,
		}})
		if err != nil {
			t.Fatal(err)
		}
		least := x.Rows
		for _, tree := range e.Trees {
			for _, n := range visits(tree, x) {
				least = min(least, n)
			}
		}
		if least < 37 || least > 60 {
			t.Errorf("%s: the smallest leaf has %d rows, asked for 37", task, least)
		}
	}
}

func depthOf(tree model.Tree, at int32) int {
	if tree.Feature[at] < 0 {
		return 0
	}
	return 1 + max(depthOf(tree, tree.Left[at]), depthOf(tree, tree.Right[at]))
}

func TestDepthAndLeavesAreLimited(t *testing.T) {
	x, y := holes(4000, plan.Regression)
	cases := map[string]struct {
		params        plan.Params
		depth, leaves int // largest seen
	}{
		"depth alone":  {plan.Params{"max_depth": 4.0}, 4, 16},
		"leaves alone": {plan.Params{"max_leaf_nodes": 5.0}, 4, 5},
		"both":         {plan.Params{"max_depth": 2.0, "max_leaf_nodes": 3.0}, 2, 3},
		"a stump":      {plan.Params{"max_depth": 1.0}, 1, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.params["max_iter"], c.params["min_samples_leaf"] = 10.0, 1.0
			e, err := Fit(context.Background(), x, y, Options{Task: plan.Regression, Params: c.params})
			if err != nil {
				t.Fatal(err)
			}
			depth, leaves := 0, 0
			for _, tree := range e.Trees {
				depth, leaves = max(depth, depthOf(tree, 0)), max(leaves, len(tree.Leaf))
			}
			if depth > c.depth || leaves != c.leaves {
				t.Errorf("depth %d and %d leaves, want at most %d and %d", depth, leaves, c.depth, c.leaves)
			}
		})
	}
}

func TestCoversAreTheRowsOfEachNode(t *testing.T) {
	for _, task := range tasks {
		x, y := holes(2000, task)
		e, err := Fit(context.Background(), x, y, Options{Task: task, Classes: 3, Workers: 3, Params: plan.Params{
			"max_iter": 5.0, "early_stopping": false,
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, tree := range e.Trees {
			at := visits(tree, x)
			for i, f := range tree.Feature {
				want := float64(at[int32(i)])
				if f >= 0 {
					want = tree.Cover[tree.Left[i]] + tree.Cover[tree.Right[i]]
				}
				if tree.Cover[i] != want {
					t.Fatalf("%s: node %d has a cover of %v, and %v rows", task, i, tree.Cover[i], want)
				}
			}
			if tree.Cover[0] != 2000 {
				t.Errorf("%s: %v rows at the root", task, tree.Cover[0])
			}
		}
	}
}
