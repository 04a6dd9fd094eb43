package statistic

import (
	"math"
	"sort"
)

// exactRows is the number of rows up to which tails are summed exactly. Above it
// the normal distribution says the same, and logarithms of factorials would lose
// the digits that count.
const exactRows = 100_000_000

// Tail is the probability of a table at least as extreme as the one seen, and
// the smallest that any table of the same totals could have.
type Tail struct{ P, Least float64 }

// Tails returns both one-sided p-values of Fisher's exact test: k of n rows of
// the window lie in a class that holds class of all rows of both sides. Were the
// window drawn from what the reference was drawn from, each choice of n rows out
// of all would be as likely as any other, so k has the hypergeometric
// distribution. R.A. Fisher, "Statistical Methods for Research Workers" (1934).
//
// The two p-values overlap in the table that was seen, so they add up to more
// than 1. Each is the exact tail, without a correction for continuity.
func Tails(k, class, n, all int64) (more, fewer Tail) {
	low, high := max(0, class+n-all), min(class, n)
	if low >= high {
		return Tail{1, 1}, Tail{1, 1} // the totals leave no choice
	}
	if all > exactRows {
		return normalTails(k, class, n, all)
	}
	more = Tail{tailFrom(k, class, n, all), pointOf(high, class, n, all)}
	// The rest of the class is in the reference: seen from there, fewer is more.
	fewer = Tail{tailFrom(class-k, class, all-n, all), pointOf(low, class, n, all)}
	return more, fewer
}

// tailFrom is P(K >= k).
//
// The terms are summed from the one at k outwards, each from the one before by
// the ratio of neighbouring hypergeometric probabilities, until they no longer
// change the sum. One term is computed through logarithms; the others take
// three operations each.
func tailFrom(k, class, n, all int64) float64 {
	low, high := max(0, class+n-all), min(class, n)
	if k <= low {
		return 1
	}
	if float64(k) <= float64(class)*float64(n)/float64(all) {
		// Summed away from the middle, where terms soon vanish.
		return 1 - sumDown(k-1, low, class, n, all)
	}
	term := pointOf(k, class, n, all)
	sum := term
	for x := k; x < high && term > sum*1e-17; x++ {
		term *= float64(class-x) / float64(x+1) * float64(n-x) / float64(all-class-n+x+1)
		sum += term
	}
	return min(sum, 1)
}

// sumDown is P(low <= K <= k).
func sumDown(k, low, class, n, all int64) float64 {
	term := pointOf(k, class, n, all)
	sum := term
	for x := k; x > low && term > sum*1e-17; x-- {
		term *= float64(x) / float64(class-x+1) * float64(all-class-n+x) / float64(n-x+1)
		sum += term
	}
	return min(sum, 1)
}

// pointOf is P(K = k).
//
// For exactRows the logarithm of a factorial is about 1.7e9, of which a float64
// keeps some 6 digits after the point: the relative error of a probability is
// about 1e-6 there, and smaller for fewer rows.
func pointOf(k, class, n, all int64) float64 {
	return math.Exp(logChoose(class, k) + logChoose(all-class, n-k) - logChoose(all, n))
}

func logChoose(n, k int64) float64 {
	return logFactorial(n) - logFactorial(k) - logFactorial(n-k)
}

func logFactorial(n int64) float64 {
	v, _ := math.Lgamma(float64(n) + 1)
	return v
}

// normalTails takes the normal distribution with the hypergeometric mean and
// variance, less the factor n/(n-1) of its finite correction, which is 1 at so
// many rows. The smallest possible p-value is given as 0, so the question
// always counts in Smallest.
func normalTails(k, class, n, all int64) (more, fewer Tail) {
	share := float64(class) / float64(all)
	mean := float64(n) * share
	spread := math.Sqrt(mean * (1 - share) * float64(all-n) / float64(all))
	z := (float64(k) - mean) / spread
	return Tail{math.Erfc(z/math.Sqrt2) / 2, 0}, Tail{math.Erfc(-z/math.Sqrt2) / 2, 0}
}

// Smallest combines the p-values of several questions about one column into the
// p-value of their smallest: it is multiplied by the number of questions that
// could have been answered by as small a p-value at all. Rare categories and
// cuts far out cost the others nothing where they cannot say anything. R.E.
// Tarone, "A Modified Bonferroni Method for Discrete Data", Biometrics 46 (1990).
//
// The tolerance makes p-values that are equal but for rounding count as
// attained.
func Smallest(asked []Tail) float64 {
	p := LeastOf(asked)
	n := 0
	for _, t := range asked {
		if t.Least <= p*(1+1e-9) {
			n++
		}
	}
	return min(1, p*float64(max(n, 1)))
}

// LeastOf is the smallest p-value, 1 of no questions at all.
func LeastOf(asked []Tail) float64 {
	p := 1.0
	for _, t := range asked {
		p = min(p, t.P)
	}
	return p
}

// Unasked is how many more questions could have been answered by a p-value as
// small as p, at most: those about categories that are too many to be named, of
// which only the number of rows is known. Which categories are asked about is
// no accident: of 100,000 that are all rare, those that the reference names are
// those that it happens to have, and that one of them is there twice and in the
// window not at all is no news.
//
// A category can give a p-value of at most p only if it has some number s of
// rows, all on one side, and there are at most rows/s such categories. Both
// sides are added up.
func Unasked(p float64, rows, n, all int64) int64 {
	if rows == 0 || p <= 0 {
		return 0
	}
	out := int64(0)
	for _, side := range []struct {
		most   int64 // rows of the category that can all lie there
		inside func(class int64) int64
	}{{all - n, func(int64) int64 { return 0 }}, {n, func(class int64) int64 { return class }}} {
		most := min(rows, side.most)
		// The larger a category, the rarer that all of it lies on one side.
		s := 1 + int64(sort.Search(int(most), func(i int) bool {
			class := int64(i) + 1
			return pointOf(side.inside(class), class, n, all) <= p*(1+1e-9)
		}))
		if s <= most {
			out += rows / s
		}
	}
	return out
}
