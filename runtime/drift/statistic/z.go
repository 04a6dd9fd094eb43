package statistic

import "math"

// Proportions is the two-sided Z test of two proportions with the pooled
// variance. It compares the shares of whatever is not the first value, reference
// less current. With one value, or an empty sample, there is nothing to tell:
// statistic 0, p-value 1.
//
// Both pooled shares are above 0 and below 1, as each of the two values occurs
// on one side at least, so the root is not 0.
func Proportions(a, b []int64) (statistic, p float64) {
	na, nb := Total(a), Total(b)
	if len(a) < 2 || na == 0 || nb == 0 {
		return 0, 1
	}
	pa, pb := (na-float64(a[0]))/na, (nb-float64(b[0]))/nb
	pooled := (pa*na + pb*nb) / (na + nb)
	statistic = (pa - pb) / math.Sqrt(pooled*(1-pooled)*(1/na+1/nb))
	return statistic, math.Erfc(math.Abs(statistic) / math.Sqrt2)
}
