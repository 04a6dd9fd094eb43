package statistic

import (
	"cmp"
	"slices"
)

// Adjust returns p-values corrected for being many: rejecting where the
// corrected one is at most q keeps the share of false alarms among the alarms
// at q. Y. Benjamini and Y. Hochberg, "Controlling the False Discovery Rate",
// Journal of the Royal Statistical Society B 57 (1995): of the i-th smallest of
// m, the least of p m / i and the corrected ones above it.
func Adjust(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	// From the largest p-value down, so that least is the least of the
	// corrected ones above: a corrected p-value is never larger than that of a
	// larger one.
	out, least := make([]float64, len(p)), 1.0
	for rank, i := range slices.Backward(order) {
		least = min(least, p[i]*(float64(len(p))/float64(rank+1)))
		out[i] = least
	}
	return out
}
