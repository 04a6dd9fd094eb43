package statistic

import (
	"math"
	"slices"
)

// Sample is a sample of finite numbers in ascending order, either one entry a
// row, or one entry a value with how often it occurs. The functions of this
// package read samples and never change them, so that one reference may be used
// by several goroutines.
type Sample struct {
	Values []float64
	Counts []int64 // how often each value occurs; nil: once
	N      int64   // sum of counts
}

// Sorted takes over numbers in ascending order.
func Sorted(v []float64) Sample { return Sample{Values: v, N: int64(len(v))} }

// Count returns how often the value at place i occurs. It is small enough to be
// inlined into the walks over samples, which ask for each value.
func (s Sample) Count(i int) int64 {
	if s.Counts == nil {
		return 1
	}
	return s.Counts[i]
}

// Distinct returns how many values differ, counting no further than limit.
//
// A limit spares the walk over samples that clearly have many.
func (s Sample) Distinct(limit int) int {
	n := 0
	for i, v := range s.Values {
		if i > 0 && v == s.Values[i-1] {
			continue
		}
		if n++; n >= limit {
			break
		}
	}
	return n
}

// Group returns the values once each with their counts. More than limit distinct
// ones are replaced by limit order statistics, equally far apart in rank and the
// ends among them, each counting for its neighbours; exact is then false, and
// the distribution function is moved by at most 1/(limit-2) anywhere.
//
// The ends are kept for themselves, because a new least or greatest value is
// what a cut far out looks for.
func (s Sample) Group(limit int) (g Sample, exact bool) {
	if s.Distinct(limit+1) <= limit {
		for i, v := range s.Values {
			if n := len(g.Values); n > 0 && g.Values[n-1] == v {
				g.Counts[n-1] += s.Count(i)
				continue
			}
			g.Values, g.Counts = append(g.Values, v), append(g.Counts, s.Count(i))
		}
		g.N = s.N
		return g, true
	}
	add := func(v float64, c int64) {
		if n := len(g.Values); n > 0 && g.Values[n-1] == v {
			g.Counts[n-1] += c
			return
		}
		g.Values, g.Counts = append(g.Values, v), append(g.Counts, c)
	}
	// The second way expects a sample without counts, one entry a row, and at
	// least three as the limit: ranks are indexes here.
	last, groups := len(s.Values)-1, limit-2
	add(s.Values[0], 1)
	for k := range groups {
		from, to := 1+k*(last-1)/groups, 1+(k+1)*(last-1)/groups
		add(s.Values[(from+to)/2], int64(to-from))
	}
	add(s.Values[last], 1)
	g.N = s.N
	return g, false
}

// Quantile returns the smallest value that at least the share p of the sample
// does not exceed. The sample is not empty.
func (s Sample) Quantile(p float64) float64 {
	want := int64(math.Ceil(p * float64(s.N)))
	if s.Counts == nil {
		return s.Values[min(max(want, 1), s.N)-1]
	}
	seen := int64(0)
	for i, c := range s.Counts {
		if seen += c; seen >= want {
			return s.Values[i]
		}
	}
	return s.Values[len(s.Values)-1]
}

// Moments returns the mean and the population standard deviation, as numpy's
// mean and std; 0 of an empty sample. Both are finite. Sums are of distances from
// a value in the middle, so that a deviation that is small beside the mean keeps
// its digits, and is 0 of one value only.
func (s Sample) Moments() (mean, std float64) {
	if s.N == 0 {
		return 0, 0
	}
	shrink := s.Exponent()
	n, middle := float64(s.N), math.Ldexp(s.Values[len(s.Values)/2], -shrink)
	for i, v := range s.Values {
		mean += (math.Ldexp(v, -shrink) - middle) * float64(s.Count(i))
	}
	mean /= n
	for i, v := range s.Values {
		d := math.Ldexp(v, -shrink) - middle - mean
		std += d * d * float64(s.Count(i))
	}
	return Finite(math.Ldexp(middle+mean, shrink)), Finite(math.Ldexp(math.Sqrt(std/n), shrink))
}

// Exponent returns a power of two to divide by before squares or differences of
// the values are taken, 0 where they can neither overflow nor vanish.
//
// Only the ends need to be looked at, as the values ascend. 600 leaves room for
// a sum of many squares on either side.
func (s Sample) Exponent() int {
	if len(s.Values) == 0 {
		return 0
	}
	switch size := max(math.Abs(s.Values[0]), math.Abs(s.Values[len(s.Values)-1])); {
	case size >= 1e150:
		return 600
	case size > 0 && size < 1e-100:
		return -600
	}
	return 0
}

// Shrunk divides the values by a power of two.
//
// The receiver's values are not changed: a reference's are shared. Dividing by
// a power of two is exact, but for numbers that become subnormal.
func (s Sample) Shrunk(exponent int) Sample {
	if exponent == 0 {
		return s
	}
	s.Values = slices.Clone(s.Values)
	for i, v := range s.Values {
		s.Values[i] = math.Ldexp(v, -exponent)
	}
	return s
}

// Fill counts the sample into bins of ascending edges as numpy's histogram does:
// each bin has its left edge, the last its right one too. Values outside are not
// counted.
//
// One walk suffices for all bins, as both values and edges ascend.
func (s Sample) Fill(edges []float64) []int64 {
	out := make([]int64, len(edges)-1)
	b := 0
	for i, v := range s.Values {
		if v < edges[0] {
			continue
		}
		for b < len(out)-1 && v >= edges[b+1] {
			b++
		}
		if v > edges[len(edges)-1] {
			break
		}
		out[b] += s.Count(i)
	}
	return out
}

// Spread is Fill with the outer bins open.
func (s Sample) Spread(edges []float64) []int64 {
	out := make([]int64, len(edges)-1)
	b := 0
	for i, v := range s.Values {
		for b < len(out)-1 && v >= edges[b+1] {
			b++
		}
		out[b] += s.Count(i)
	}
	return out
}
