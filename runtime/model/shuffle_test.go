package model_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

func TestShufflingAnInputIsPredictingTheShuffledFrame(t *testing.T) {
	f := frame(700, 4)
	random := rand.New(rand.NewPCG(8, 8))
	orders := [][]int{random.Perm(f.Rows), random.Perm(f.Rows)}
	for name, m := range models(t) {
		s, err := m.NewShuffler(f)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := m.Predict(f)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Whole(); !slices.Equal(got.Proba, whole.Proba) || !slices.Equal(got.Label, whole.Label) ||
			!slices.Equal(got.Value, whole.Value) {
			t.Errorf("%s: the rows as they are score otherwise than by Predict", name)
		}
		for _, in := range m.Signature.Inputs {
			got, err := s.Shuffle(in.Name, orders)
			if err != nil {
				t.Fatal(err)
			}
			for k, order := range orders {
				copied := &dataset.Frame{Rows: f.Rows, Columns: slices.Clone(f.Columns)}
				for i := range copied.Columns {
					if copied.Columns[i].Name == in.Name {
						copied.Columns[i] = f.Select(order).Columns[i]
					}
				}
				want, err := m.Predict(copied)
				if err != nil {
					t.Fatal(err)
				}
				near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9*math.Max(1, math.Abs(b)) || a == b }
				if !slices.EqualFunc(got[k].Proba, want.Proba, near) ||
					!slices.EqualFunc(got[k].Value, want.Value, near) {
					t.Errorf("%s: shuffling %s gives other predictions than predicting the shuffled rows", name,
						in.Name)
				}
				if same := slices.Equal(want.Proba, whole.Proba) &&
					slices.Equal(want.Value, whole.Value); !same && s.Use(in.Name) == 0 {
					t.Errorf("%s: %s changes predictions, and Use says that it is not looked at", name, in.Name)
				}
			}
		}
		if s.Use("no such input") != 0 {
			t.Errorf("%s: an input that there is not is used", name)
		}
	}
}
