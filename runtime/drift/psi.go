package drift

import "math"

// psi is the population stability index: the sum over bins of
// (p - q) log(p / q), where an empty bin counts as a share of 0.0001.
var psi = test{
	name: "psi", threshold: effect,
	applies: func(*comparison) bool { return true },
	run: func(c *comparison) outcome {
		return outcome{stability(c.binned()), 1}
	},
}

// stability takes counts over the same bins; 0 where a side is empty.
//
// The floor for empty bins is Evidently's, and the result depends on it: each
// bin that one side alone has adds about its share times log(share / 0.0001).
// Shares are not normalised again after it.
func stability(a, b []int64) float64 {
	na, nb := total(a), total(b)
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
