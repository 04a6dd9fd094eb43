package model_test

import (
	"math/rand/v2"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// forest is of the size that the credit example trains: 100 trees of some 250
// splits each.
func forest(b *testing.B) *model.Model {
	r := rand.New(rand.NewPCG(1, 1))
	e := &model.Ensemble{Outputs: 1, Base: []float64{0}, Average: true, Link: model.Identity}
	for range 100 {
		e.Trees = append(e.Trees, tree(r, 250, 7, 1, 0, true))
	}
	m := &model.Model{Task: plan.Binary, Signature: signature("bad", "good"), Encoder: encoder(), Ensemble: e}
	if err := m.Prepare(); err != nil {
		b.Fatal(err)
	}
	return m
}

func BenchmarkPredict(b *testing.B) {
	m, f := forest(b), frame(10_000, 1)
	for b.Loop() {
		if _, err := m.Predict(f); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*f.Rows), "ns/row")
}

func BenchmarkScore(b *testing.B) {
	m := forest(b)
	s := m.NewScorer()
	r := rand.New(rand.NewPCG(2, 2))
	b.ReportAllocs()
	for b.Loop() {
		s.Reset()
		s.SetFloat(0, r.NormFloat64()*40)
		s.SetFloat(1, r.NormFloat64()*2)
		s.SetText(2, "rent")
		s.SetText(3, "smith")
		s.Score()
	}
}

func BenchmarkNaive(b *testing.B) {
	m, f := forest(b), frame(10_000, 1)
	x, err := m.Encoder.Apply(f)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for row := range f.Rows {
			naive(m, x, row)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*f.Rows), "ns/row")
}
