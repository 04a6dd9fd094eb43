package statistic

import "gonum.org/v1/gonum/stat/distuv"

// Homogeneity is Pearson's chi-square test of homogeneity, without Yates's
// correction, as scipy's chi2_contingency(table, correction=False). It takes how
// often each value occurs in two samples, each value at least once in one of
// them. With one value, or an empty sample, there is
// nothing to tell: statistic 0, p-value 1.
//
// No expected count is 0: each value occurs on one side at least, and neither
// side is empty. There are len(a)-1 degrees of freedom.
func Homogeneity(a, b []int64) (statistic, p float64) {
	na, nb := Total(a), Total(b)
	if len(a) < 2 || na == 0 || nb == 0 {
		return 0, 1
	}
	for i := range a {
		share := (float64(a[i]) + float64(b[i])) / (na + nb)
		da, db := float64(a[i])-na*share, float64(b[i])-nb*share
		statistic += da*da/(na*share) + db*db/(nb*share)
	}
	return statistic, distuv.ChiSquared{K: float64(len(a) - 1)}.Survival(statistic)
}
