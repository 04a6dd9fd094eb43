package drift

import (
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/drift/statistic"
)

// test is one way to tell whether two samples of a column differ.
type test struct {
	name string
	// pValue: the test gives a p-value and a column drifts where it is below the
	// threshold. Otherwise the statistic is an effect size and a column drifts
	// where it is at or above it.
	pValue    bool
	threshold float64
	applies   func(*comparison) bool
	run       func(*comparison) outcome
}

// outcome is what a test found; p is 1 where the test gives no p-value.
type outcome struct{ statistic, p float64 }

func outcomeOf(t statistic.Tested) outcome { return outcome{t.Statistic, t.PValue} }

// tests is the list that a new test is added to.
var tests = []test{ks, chiSquare, zTest, wasserstein, jensenShannon, psi}

// Tests returns the names that a blueprint may choose from, besides "auto".
func Tests() []string {
	out := make([]string, len(tests))
	for i, t := range tests {
		out[i] = t.name
	}
	return out
}

// auto is the choice that holds the blueprint's rate of false alarms.
const auto = "auto"

// sized returns how far both sides are apart, in Evidently's measures: for numbers
// the normed Wasserstein distance, or the distance of Kolmogorov and Smirnov where
// only that is worth speaking of, as where a few far values make the deviation
// large; for the rest, and numbers that take at most five values on both sides
// together, the Jensen-Shannon distance. All of them are worth speaking of from a
// tenth: of a standard deviation, or of the rows. Where far values make up most
// of the deviation, the Wasserstein distance is large by chance, too, and only
// the p-value tells.
//
// The test that is returned says which distance the statistic is; its p-value
// is not taken, as the caller asks permuted for one.
func sized(c *comparison) (test, outcome) {
	if !c.numeric || c.few {
		return jensenShannon, jensenShannon.run(c)
	}
	found := wasserstein.run(c)
	if found.statistic < effect {
		if d := statistic.KSDistance(c.reference, c.current); d >= effect {
			return test{name: ks.name, threshold: effect}, outcome{d, 1}
		}
	}
	return wasserstein, found
}

// choose returns the named test where it applies, else Evidently's default: on a
// reference of at most 1,000 rows Kolmogorov-Smirnov for numbers and chi-square
// or, with two values, the Z test for the rest; above that the normed Wasserstein
// distance for numbers and the Jensen-Shannon distance for the rest. Numbers that
// take at most five values on both sides together count as the rest.
//
// A name that does not apply to the column, such as ks for a category, is not
// an error: a blueprint names one test for columns of all types.
func choose(name string, c *comparison) test {
	if i := slices.IndexFunc(tests, func(t test) bool { return t.name == name }); i >= 0 && tests[i].applies(c) {
		return tests[i]
	}
	small := c.rows <= smallReference
	switch {
	case c.numeric && !c.few && small:
		return ks
	case c.numeric && !c.few:
		return wasserstein
	case !small:
		return jensenShannon
	case zTest.applies(c):
		return zTest
	default:
		return chiSquare
	}
}

// comparison is one column on both sides.
type comparison struct {
	rows    int64 // of the reference, missing values included
	numeric bool
	// Numbers: both samples, the reference's population standard deviation,
	// whether there are few values, and whether the reference has too few for bins.
	reference, current statistic.Sample
	deviation          float64
	few, unbinned      bool
	slack              int64 // rows of the reference whose place is not known exactly
	shrunk             int   // power of two that the numbers are divided by
	// Categories: how often each occurs; filled on first use for numbers.
	referenceCounts, currentCounts []int64
	rest                           int   // place of what the reference does not name
	other                          int64 // rows of the reference there
	nameless                       int64 // rows of the window of unknown categories beyond those with names
}

// keys returns how often each value occurs on both sides, values that neither
// has left out.
//
// For numbers the counts are made once and kept in the comparison, as two tests
// may ask for them.
func (c *comparison) keys() (reference, current []int64) {
	if c.numeric && c.referenceCounts == nil {
		c.referenceCounts, c.currentCounts = statistic.Align(c.reference, c.current)
	}
	for i := range c.referenceCounts {
		if c.referenceCounts[i]+c.currentCounts[i] > 0 {
			reference = append(reference, c.referenceCounts[i])
			current = append(current, c.currentCounts[i])
		}
	}
	return reference, current
}

// binned returns the counts that distances between distributions are taken of:
// a bin a value, or for numbers of many values numpy's "sturges" bins of both
// samples together.
//
// unbinned goes by the reference alone, as Evidently does; few goes by both
// sides.
func (c *comparison) binned() (reference, current []int64) {
	if !c.numeric || c.unbinned {
		return c.keys()
	}
	edges := statistic.Sturges(c.reference, c.current)
	return c.reference.Fill(edges), c.current.Fill(edges)
}

// few reports whether both samples together take at most five values. Those of
// the reference alone would not do: where it has three and live rows have a
// thousand others, a chi-square test of a thousand values sees nothing.
func few(a, b statistic.Sample) bool {
	if a.Distinct(fewValues+1) > fewValues || b.Distinct(fewValues+1) > fewValues {
		return false
	}
	both, _ := statistic.Align(a, b)
	return len(both) <= fewValues
}
