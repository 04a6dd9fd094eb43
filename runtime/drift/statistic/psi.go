package statistic

import "math"

// PopulationStability is the population stability index: the sum over bins of
// (p - q) log(p / q). It takes counts over the same bins; 0 where a side is empty.
//
// The floor for empty bins is Evidently's, and the result depends on it: each
// bin that one side alone has adds about its share times log(share / 0.0001).
// Shares are not normalised again after it.
func PopulationStability(a, b []int64) float64 {
	na, nb := Total(a), Total(b)
	if na == 0 || nb == 0 {
		return 0
	}
	sum := 0.0
	for i := range a {
		p, q := float64(a[i])/na, float64(b[i])/nb
		if p == 0 {
			p = 0.0001
		}
		if q == 0 {
			q = 0.0001
		}
		sum += (p - q) * math.Log(p/q)
	}
	return sum
}
