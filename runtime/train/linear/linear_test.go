package linear_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/linear"
)

// golden is one case of testdata/golden.json, which testdata/golden.py writes.
type golden struct {
	Name      string
	X         [][]float64
	Y         []float64
	Classes   int
	Params    plan.Params
	Coef      [][]float64
	Intercept []float64
	Proba     [][]float64
}

func cases(t testing.TB) []golden {
	t.Helper()
	raw, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []golden
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (g golden) options(workers int) linear.Options {
	task := plan.Regression
	switch g.Classes {
	case 2:
		task = plan.Binary
	case 3:
		task = plan.Multiclass
	}
	return linear.Options{Task: task, Classes: g.Classes, Params: g.Params, Workers: workers}
}

func matrix(rows [][]float64) *model.Matrix {
	m := &model.Matrix{Rows: len(rows), Columns: make([][]float64, len(rows[0]))}
	for _, r := range rows {
		for j, v := range r {
			m.Columns[j] = append(m.Columns[j], v)
		}
	}
	return m
}

func TestCoefficientsEqualScikitLearns(t *testing.T) {
	for _, g := range cases(t) {
		l, err := linear.Fit(context.Background(), matrix(g.X), g.Y, g.options(2))
		if err != nil {
			t.Errorf("%s: %v", g.Name, err)
			continue
		}
		if len(l.Weights) != len(g.Coef) {
			t.Errorf("%s: %d outputs, want %d", g.Name, len(l.Weights), len(g.Coef))
			continue
		}
		for k := range g.Coef {
			for j, want := range g.Coef[k] {
				if got := l.Weights[k][j]; math.Abs(got-want) > 1e-4*(1e-3+math.Abs(want)) {
					t.Errorf("%s: weight %d of output %d is %.9g, want %.9g", g.Name, j, k, got, want)
				}
			}
			if got, want := l.Intercept[k], g.Intercept[k]; math.Abs(got-want) > 1e-4*(1e-3+math.Abs(want)) {
				t.Errorf("%s: intercept %d is %.9g, want %.9g", g.Name, k, got, want)
			}
		}
	}
}

func TestTheFitDoesNotDependOnWorkers(t *testing.T) {
	for _, g := range cases(t) {
		var first string
		for _, workers := range []int{1, 2, 7} {
			l, err := linear.Fit(context.Background(), matrix(g.X), g.Y, g.options(workers))
			if err != nil {
				t.Fatal(err)
			}
			if s := fmt.Sprintf("%x %x", l.Weights, l.Intercept); first == "" {
				first = s
			} else if s != first {
				t.Errorf("%s: other bits with %d workers", g.Name, workers)
			}
		}
	}
}
