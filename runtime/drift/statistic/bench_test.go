package statistic

import (
	"math/rand/v2"
	"testing"
)

func normals(seed uint64, n int) []float64 {
	random := rand.New(rand.NewPCG(seed, 0))
	out := make([]float64, n)
	for i := range out {
		out[i] = random.NormFloat64()
	}
	return out
}

func BenchmarkSortOfAMillion(b *testing.B) {
	v := normals(1, 1_000_000)
	var s Sorter
	out := s.Sort(v, nil)
	for b.Loop() {
		out = s.Sort(v, out)
	}
}

func BenchmarkDistanceOfTwoMillion(b *testing.B) {
	var s Sorter
	x, y := Sorted(s.Sort(normals(1, 1_000_000), nil)), Sorted(s.Sort(normals(2, 1_000_000), nil))
	for b.Loop() {
		KSDistance(x, y)
	}
}

func BenchmarkSmirnovOfHalfAMillion(b *testing.B) {
	for b.Loop() {
		smirnov(500_000, 0.004)
	}
}
