// Package drift says whether what a model is asked today still looks like what
// it was trained on: a reference is kept with the model, live traffic is
// gathered in windows, and each window is compared with the reference column by
// column, with the tests and the defaults that Evidently made usual.
//
// What people complain of in drift monitoring is noise, so three things stand
// between a deviating column and a person. On a large reference the tests
// measure the size of an effect instead of a p-value, which on enough rows is
// small for any difference. Where p-values are used, Benjamini-Hochberg corrects
// them across the columns of a window. And an alert needs k of the last n
// windows to have drifted.
//
// Two deliberate departures from Evidently. The chi-square test is the test of
// homogeneity of two samples (scipy's chi2_contingency) and not the goodness of
// fit to the reference's shares: the reference is a sample too, and taking it
// for the truth calls small differences significant. And a shift in the share of
// missing values is drift of its own, where Evidently drops missing values: a
// feature that stops arriving is what a watch is for.
//
// Memory is bounded whatever the traffic. Of a window, the numbers of rows, of
// missing values, of categories and of labels are exact; numbers are exact up to
// a capacity (some 150,000 rows of a dozen columns) and a uniform sample of the
// rows beyond it. Of a reference, numbers are exact up to 10,000 distinct values
// a column and quantiles beyond, which place the distribution to 1 in 10,000.
package drift

import "math"

// The defaults of Evidently.
const (
	smallReference = 1000 // rows up to which p-values are used, above it effect sizes
	fewValues      = 5    // distinct numbers up to which a column is treated as categories
	binnedValues   = 20   // distinct numbers above which numbers are put into bins

	significance = 0.05
	effect       = 0.1
)

// finite makes a number fit for JSON: what is not finite becomes the largest
// number of its sign, and what is none becomes 0.
func finite(v float64) float64 {
	switch {
	case math.IsNaN(v):
		return 0
	case math.IsInf(v, 1):
		return math.MaxFloat64
	case math.IsInf(v, -1):
		return -math.MaxFloat64
	}
	return v
}
