package drift

import (
	"math"
	"slices"
)

// sample is a sample of finite numbers in ascending order.
type sample struct {
	values []float64
	counts []int64 // how often each value occurs; nil: once
	n      int64   // sum of counts
}

// sorted takes over numbers in ascending order.
func sorted(v []float64) sample { return sample{values: v, n: int64(len(v))} }

func (s sample) count(i int) int64 {
	if s.counts == nil {
		return 1
	}
	return s.counts[i]
}

// distinct returns how many values differ, counting no further than limit.
//
// A limit spares the walk over samples that clearly have many.
func (s sample) distinct(limit int) int {
	n := 0
	for i, v := range s.values {
		if i > 0 && v == s.values[i-1] {
			continue
		}
		if n++; n >= limit {
			break
		}
	}
	return n
}

// group returns the values once each with their counts. More than limit distinct
// ones are replaced by limit order statistics, equally far apart in rank and the
// ends among them, each counting for its neighbours; exact is then false, and
// the distribution function is moved by at most 1/(limit-2) anywhere.
//
// The ends are kept for themselves, because a new least or greatest value is
// what a cut far out looks for.
func (s sample) group(limit int) (g sample, exact bool) {
	if s.distinct(limit+1) <= limit {
		for i, v := range s.values {
			if n := len(g.values); n > 0 && g.values[n-1] == v {
				g.counts[n-1] += s.count(i)
				continue
			}
			g.values, g.counts = append(g.values, v), append(g.counts, s.count(i))
		}
		g.n = s.n
		return g, true
	}
	add := func(v float64, c int64) {
		if n := len(g.values); n > 0 && g.values[n-1] == v {
			g.counts[n-1] += c
			return
		}
		g.values, g.counts = append(g.values, v), append(g.counts, c)
	}
	// The second way expects a sample without counts, one entry a row, and at
	// least three as the limit: ranks are indexes here.
	last, groups := len(s.values)-1, limit-2
	add(s.values[0], 1)
	for k := range groups {
		from, to := 1+k*(last-1)/groups, 1+(k+1)*(last-1)/groups
		add(s.values[(from+to)/2], int64(to-from))
	}
	add(s.values[last], 1)
	g.n = s.n
	return g, false
}

// quantile returns the smallest value that at least the share p of the sample
// does not exceed. The sample is not empty.
func (s sample) quantile(p float64) float64 {
	want := int64(math.Ceil(p * float64(s.n)))
	if s.counts == nil {
		return s.values[min(max(want, 1), s.n)-1]
	}
	seen := int64(0)
	for i, c := range s.counts {
		if seen += c; seen >= want {
			return s.values[i]
		}
	}
	return s.values[len(s.values)-1]
}

// moments returns the mean and the population standard deviation, as numpy's
// mean and std; 0 of an empty sample. Both are finite. Sums are of distances from
// a value in the middle, so that a deviation that is small beside the mean keeps
// its digits, and is 0 of one value only.
func (s sample) moments() (mean, std float64) {
	if s.n == 0 {
		return 0, 0
	}
	shrink := s.exponent()
	n, middle := float64(s.n), math.Ldexp(s.values[len(s.values)/2], -shrink)
	for i, v := range s.values {
		mean += (math.Ldexp(v, -shrink) - middle) * float64(s.count(i))
	}
	mean /= n
	for i, v := range s.values {
		d := math.Ldexp(v, -shrink) - middle - mean
		std += d * d * float64(s.count(i))
	}
	return finite(math.Ldexp(middle+mean, shrink)), finite(math.Ldexp(math.Sqrt(std/n), shrink))
}

// exponent returns a power of two to divide by before squares or differences of
// the values are taken, 0 where they can neither overflow nor vanish.
//
// Only the ends need to be looked at, as the values ascend. 600 leaves room for
// a sum of many squares on either side.
func (s sample) exponent() int {
	if len(s.values) == 0 {
		return 0
	}
	switch size := max(math.Abs(s.values[0]), math.Abs(s.values[len(s.values)-1])); {
	case size >= 1e150:
		return 600
	case size > 0 && size < 1e-100:
		return -600
	}
	return 0
}

// shrunk divides the values by a power of two.
//
// The receiver's values are not changed: a reference's are shared. Dividing by
// a power of two is exact, but for numbers that become subnormal.
func (s sample) shrunk(exponent int) sample {
	if exponent == 0 {
		return s
	}
	s.values = slices.Clone(s.values)
	for i, v := range s.values {
		s.values[i] = math.Ldexp(v, -exponent)
	}
	return s
}

// fill counts the sample into bins of ascending edges as numpy's histogram does:
// each bin has its left edge, the last its right one too. Values outside are not
// counted.
//
// One walk suffices for all bins, as both values and edges ascend.
func (s sample) fill(edges []float64) []int64 {
	out := make([]int64, len(edges)-1)
	b := 0
	for i, v := range s.values {
		if v < edges[0] {
			continue
		}
		for b < len(out)-1 && v >= edges[b+1] {
			b++
		}
		if v > edges[len(edges)-1] {
			break
		}
		out[b] += s.count(i)
	}
	return out
}
