package statistic

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// Tested is the result of a two-sample test.
type Tested struct {
	Statistic, PValue float64
}

// KS returns the two-sided two-sample Kolmogorov-Smirnov test of a and b as
// scipy.stats.ks_2samp with method "auto" does. Numbers that are not finite are
// left out; with nothing left of a side the statistic is 0 and the p-value 1.
func KS(a, b []float64) Tested {
	return new(ksWorker).test(a, b)
}

// KSColumns returns KS of each pair of columns, worked out on all cores. Both
// slices have the same length.
//
// Goroutines take the next column from a counter rather than a fixed share,
// since columns differ much in what they cost. Each writes its own elements of
// the result.
func KSColumns(a, b [][]float64) []Tested {
	out := make([]Tested, len(a))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(a)) {
		wg.Go(func() {
			defer crash.Guard()
			var w ksWorker
			for i := int(next.Add(1)) - 1; i < len(a); i = int(next.Add(1)) - 1 {
				out[i] = w.test(a[i], b[i])
			}
		})
	}
	wg.Wait()
	return out
}

// ksWorker is the memory that a test of unsorted numbers takes.
type ksWorker struct {
	sorter Sorter
	a, b   []float64
}

// Neither argument is changed: the sorted copies are in the worker's memory and
// are overwritten by the next test.
func (w *ksWorker) test(a, b []float64) Tested {
	w.a = w.sorter.Sort(a, w.a)
	w.b = w.sorter.Sort(b, w.b)
	return KSOf(Sorted(w.a), Sorted(w.b))
}

// KSOf is KS of samples that are sorted already: those of a reference are kept
// sorted, and have counts.
func KSOf(a, b Sample) Tested {
	if a.N == 0 || b.N == 0 {
		return Tested{PValue: 1}
	}
	d := KSDistance(a, b)
	return ksPValue(a.N, b.N, d)
}

// KSDistance is the largest difference between the distribution functions. Once
// either sample is used up the difference only shrinks.
//
// Values are walked in ascending order, all equal ones of both sides in one
// step: the distribution functions are compared only after the last of them.
func KSDistance(a, b Sample) float64 {
	var i, j int
	var ca, cb float64
	na, nb := float64(a.N), float64(b.N)
	up, down := 0.0, 0.0 // times na and nb, which spares dividing at every value
	for i < len(a.Values) && j < len(b.Values) {
		v := a.Values[i]
		if w := b.Values[j]; w < v {
			v = w
		}
		for i < len(a.Values) && a.Values[i] == v {
			ca += float64(a.Count(i))
			i++
		}
		for j < len(b.Values) && b.Values[j] == v {
			cb += float64(b.Count(j))
			j++
		}
		d := ca*nb - cb*na
		if d > up {
			up = d
		}
		if d < down {
			down = d
		}
	}
	return max(up, -down) / na / nb
}

// ksExactRows is the size up to which scipy's "auto" works the p-value out exactly.
const ksExactRows = 10_000

// ksPValue returns the p-value of a distance as scipy does: exactly where both
// samples have at most 10,000 rows, else by the distribution of the one-sample
// statistic at the effective number of rows. Exact p-values that must be below
// 1e-12 are not worth their time and are taken from the latter too.
//
// scipy rounds the effective number of rows half to even, and so must this.
func ksPValue(n1, n2 int64, d float64) Tested {
	m, n := float64(max(n1, n2)), float64(min(n1, n2))
	effective := m * n / (m + n)
	if max(n1, n2) <= ksExactRows && 2*math.Exp(-2*effective*d*d) > 1e-13 {
		return ksExact(int(n1), int(n2), d)
	}
	p := kolmogorov(int(math.RoundToEven(effective)), d)
	return Tested{Statistic: d, PValue: min(max(p, 0), 1)}
}
