//go:build unix

package pipeline

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// searched is a plan that validates three files and searches, in so many parts.
func searched(w *world, fanOut int) *plan.Plan {
	for file := range 3 {
		var b strings.Builder
		b.WriteString("x,z,y\n")
		for i := range 60 {
			n := file*60 + i
			fmt.Fprintf(&b, "%d,%g,%s\n", n%17, float64(n*n%101)/7, []string{"a", "b"}[n*n%101/51])
		}
		w.write(fmt.Sprintf("data/%d.csv", file), b.String())
	}
	model := plan.Model{
		Dataset: "d", Target: "y", Positive: "b", Task: plan.Binary, Features: []string{"x", "z"},
		Algorithm:     plan.RandomForest,
		Params:        plan.Params{"n_estimators": 5.0, "max_depth": 3.0},
		Preprocessing: plan.Preprocessing{Numeric: "median", Categorical: "one_hot"},
		Split:         plan.Split{TestSize: 0.25, Stratified: true},
		Search: &plan.Search{Method: "grid", Metric: "roc_auc", Folds: 3,
			Space: map[string][]any{"max_depth": {1.0, 2.0, 3.0, 4.0, 5.0}}},
		Approval: plan.Approval{Policy: "auto", Count: 1},
	}
	return &plan.Plan{
		APIVersion: plan.APIVersion, Name: "p", Environment: "dev", Seed: 1,
		Datasets: map[string]plan.Dataset{"d": {
			Source: "data/*.csv", Format: "csv", Columns: map[string]plan.Column{
				"x": {Type: plan.Integer}, "z": {Type: plan.Number},
				"y": {Type: plan.Category, Values: []string{"a", "b"}},
			},
			Expect: []plan.Expectation{{Expectation: "column_mean_to_be_between", Column: "z",
				Kwargs: map[string]any{"min_value": 0.0, "max_value": 100.0}}},
		}},
		Models: map[string]plan.Model{"m": model},
		Pipelines: map[string]plan.Pipeline{"l": {Model: "m", FanOut: fanOut, RetryDelay: "1ms",
			Stages: map[string]plan.Stage{
				"count": {Cmd: []string{"wc -l < prepare/train.csv > n.txt"},
					Deps: []string{"prepare:train.csv"}, Outs: []string{"n.txt"}},
			}}},
	}
}

// TestStagesInPartsMakeWhatOneProcessMakes runs each stage by itself, two of
// them in parts, as pods do, and compares everything with a whole run.
func TestStagesInPartsMakeWhatOneProcessMakes(t *testing.T) {
	local := newWorld(t)
	p := searched(local, 0)
	whole, err := local.runner(p).Do(t.Context(), Job{Unit: plan.Unit{Pipeline: "l", Model: "m"}})
	if err != nil {
		t.Fatal(err)
	}
	pods := newWorld(t)
	pods.dir = local.dir
	p = searched(pods, 4)
	r := pods.runner(p)
	unit := plan.Unit{Pipeline: "l", Model: "m"}
	nodes, err := p.Graph("l")
	if err != nil {
		t.Fatal(err)
	}
	fanned := 0
	for _, n := range nodes {
		parts := p.FanOut(unit, n.Name)
		if parts > 0 {
			if _, err := r.Do(t.Context(),
				Job{Unit: unit, ID: "w", Only: n.Name, Parts: parts}); !errors.As(err, new(*UndoneError)) {
				t.Errorf("%s before its parts: %v", n.Name, err)
			}
		}
		for i := range parts {
			fanned++
			if _, err := r.Do(t.Context(),
				Job{Unit: unit, ID: "w", Only: n.Name, Part: dataset.Part{Index: i, Of: parts}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.Do(t.Context(), Job{Unit: unit, ID: "w", Only: n.Name, Parts: parts}); err != nil {
			t.Fatal(err)
		}
	}
	if fanned != 8 {
		t.Errorf("%d parts, want four of validate, one of them without a file, and four of train", fanned)
	}
	made, err := r.Finish(t.Context(), Job{Unit: unit, ID: "w"}, run.Succeeded)
	if err != nil || len(made.Stages) != len(whole.Stages) {
		t.Fatalf("%v, %d stages, want %d", err, len(made.Stages), len(whole.Stages))
	}
	for _, want := range whole.Stages {
		for _, got := range made.Stages {
			if got.Stage != want.Stage {
				continue
			}
			if got.Key != want.Key || !maps.Equal(got.Outputs, want.Outputs) || !maps.Equal(got.Files, want.Files) {
				t.Errorf("%s: key %s, outputs %v, want %s, %v", want.Stage, got.Key,
					got.Outputs, want.Key, want.Outputs)
			}
		}
	}
	if left, err := pods.store.ListRefs(t.Context(), "parts/"); err != nil || len(left) > 0 {
		t.Errorf("%v are left behind (%v)", left, err)
	}
}
