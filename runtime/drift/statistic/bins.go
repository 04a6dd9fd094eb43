package statistic

import "math"

// Sturges returns the edges of numpy.histogram_bin_edges(a and b, "sturges"):
// equally wide bins from the least to the greatest of the values, about
// log2(n) + 1 of them. At least one of the samples is not empty.
func Sturges(a, b Sample) []float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range []Sample{a, b} {
		if s.N > 0 {
			low, high = min(low, s.Values[0]), max(high, s.Values[len(s.Values)-1])
		}
	}
	if low == high {
		return []float64{low - 0.5, high + 0.5}
	}
	width := (high - low) / (math.Log2(float64(a.N+b.N)) + 1)
	if width == 0 { // the range is too small to divide
		return []float64{low, high}
	}
	// The result must have numpy's number of bins, so its order of operations
	// is kept: a quotient taken another way may round to another side of a
	// whole number.
	return Linear(low, high, int(math.Ceil((high-low)/width)))
}

// Linear returns the edges of n equally wide bins, as numpy's linspace.
//
// The last edge is set and not computed, so that the greatest value is never
// beyond it by rounding. Where high - low overflows, the step is the difference
// of quotients, which does not.
func Linear(low, high float64, n int) []float64 {
	out := make([]float64, n+1)
	step := high/float64(n) - low/float64(n)
	if d := high - low; !math.IsInf(d, 0) {
		step = d / float64(n)
	}
	for i := range out {
		out[i] = low + float64(i)*step
	}
	out[n] = high
	return out
}
