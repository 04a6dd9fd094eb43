package judge

import "math"

// tuning is the number of observations at which the sequences are narrowest, as in
// GrowthBook's and PostHog's statistics.
const tuning = 5000

// rho is the parameter of the mixture that is narrowest at n observations: equation
// 161 of Waudby-Smith et al., "Time-uniform central limit theory and asymptotic
// confidence sequences" (2023).
func rho(alpha, n float64) float64 {
	return math.Sqrt((-2*math.Log(alpha) + math.Log(-2*math.Log(alpha)+1)) / n)
}

// multiplier is the half-width of the confidence sequence of a mean of n observations
// of variance 1, at error alpha on both sides together: the asymptotic one of the same
// paper, with the usual tuning.
func multiplier(n, alpha float64) float64 {
	r := rho(alpha, tuning)
	x := n*r*r + 1
	return math.Sqrt(2 * x * math.Log(math.Sqrt(x)/alpha) / (n * r * n * r))
}

// shareInterval is the confidence sequence of a share of n trials. The variance is
// that of the share that is asked about, p(1-p), and not that of the estimate, which is
// 0 as long as nothing has failed: Wilson's interval with the sequence's multiplier.
func shareInterval(estimate float64, n int64, alpha float64) (low, high float64) {
	m := multiplier(float64(n), alpha)
	m2 := m * m
	centre := (estimate + m2/2) / (1 + m2)
	half := m * math.Sqrt(estimate*(1-estimate)+m2/4) / (1 + m2)
	// Rounding must not put the estimate outside of its interval.
	return min(estimate, max(0, centre-half)), max(estimate, min(1, centre+half))
}

// smoothed is the variance of a share's estimate, with a success and a failure added
// (Agresti and Caffo, 2000), so that it is not 0 where nothing has failed.
func smoothed(of, n int64) float64 {
	p := (float64(of) + 1) / (float64(n) + 2)
	return p * (1 - p) / float64(n)
}
