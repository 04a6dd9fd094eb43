// Package drift says whether what a model is asked today still looks like what
// it was trained on: a reference is kept with the model, live traffic is
// gathered in windows, and each window is compared with the reference column by
// column, in the measures that Evidently made usual.
//
// What people complain of in drift monitoring is noise. A distance between two
// samples of one distribution is never 0, and the fewer rows a window has, the
// larger it is: against a fixed threshold of 0.1, most windows of 100 unchanged
// rows drift. So tests: "auto", the default, asks two things of each column:
//
//   - Is it there? The p-value of a permutation test, exact at any number of rows
//     of either side and whatever the distribution (see comparison.permuted). It
//     is computed for the window in well under the time that sorting it
//     takes, so that nothing is fitted, cached or seeded by hand.
//   - Is it worth speaking of? The distance in Evidently's measures, from 0.1.
//
// The rate of false alarms that "auto" holds, alert.false_alarm_rate of the
// blueprint, is that of a window: of the windows of unchanged traffic, at most
// this share has anything drifted at all. All p-values of a window, of the values
// of each column, of its missing values and of the predictions, are corrected
// together (Benjamini-Hochberg), which holds it however many columns there are.
// A drifted dataset, a drifted column and drifted predictions are no more frequent
// than that, and alerts begin no more often: an alert begins with a window that
// counts. With k of n windows it takes k false ones, so alerts of 2 of 3 begin
// with at most 3 rate² of the windows.
//
// The rate is over references and windows together. Given one reference it is
// not the same for all: windows that are much larger than the reference are all
// compared with the same few rows, and say the same. Of models whose reference has
// 150 rows and whose windows have 10,000, at a rate of 0.01 one in a hundred or fewer
// has a reference that is so unlike what it was drawn from that most of its
// windows alarm, until the model is trained again; those of the others hardly ever
// do. With a reference that is several times as large as a window, windows are as
// good as independent, and each model meets the rate by itself.
//
// A named test keeps Evidently's meaning and thresholds. "ks", "chisquare" and "z"
// give p-values that are corrected across the columns: of windows of unchanged
// traffic some 5 % have a drifted column, and on many rows any difference is one.
// "wasserstein", "jensenshannon" and "psi" are compared with 0.1 and hold no rate
// below some thousand rows.
//
// Three deliberate departures from Evidently. The chi-square test is the test of
// homogeneity of two samples (scipy's chi2_contingency) and not the goodness of
// fit to the reference's shares: the reference is a sample too, and taking it
// for the truth calls small differences significant. A shift in the share of
// missing values is drift of its own, where Evidently drops missing values: a
// feature that stops arriving is what a watch is for. And distances are divided by
// the deviation itself, where Evidently divides by 0.001 at least: no unit is too
// small.
//
// Memory is bounded whatever the traffic. Of a window, the numbers of rows, of
// missing values, of categories and of labels are exact; numbers are exact up to
// a capacity (some 150,000 rows of a dozen columns) and a uniform sample of the
// rows beyond it. Of a reference, numbers are exact up to 10,000 distinct values
// a column and quantiles beyond, which place the distribution to 1 in 10,000.
package drift

// The defaults of Evidently.
const (
	smallReference = 1000 // rows up to which a named test gives way to p-values, above it to effect sizes
	fewValues      = 5    // distinct numbers up to which a column is treated as categories
	binnedValues   = 20   // distinct numbers above which numbers are put into bins

	significance = 0.05
	effect       = 0.1
)
