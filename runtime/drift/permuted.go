package drift

import (
	"math/rand/v2"

	"github.com/ashlar-dev/ashlar/runtime/drift/statistic"
)

// permuted returns how likely a difference at least as large as the one between
// both sides is where there is none: the p-value of a permutation test, which
// holds at any number of rows on either side, of any distribution, ties, rare
// categories and far values included. Nothing of it is estimated from the
// reference alone, so that a small reference raises no false alarms either.
//
// Numbers are compared at cuts: the median of all rows of both sides, the
// quartiles, the eighths and so on out to single rows. At each cut Fisher's exact
// test says whether the window has too many or too few rows beyond it.
func (c *comparison) permuted(random *rand.Rand) float64 {
	if c.empty() {
		return 1
	}
	if c.numeric {
		return statistic.Smallest(cuts(c.reference, c.current, c.slack))
	}
	return categoriesPermuted(c.merged(), random)
}

// cuts asks at each cut for both tails. The reference's rows below a cut are
// known to plus or minus slack, where it keeps order statistics; the question is
// then put as is least favourable to an answer.
//
// The tails of neighbouring cuts depend on each other; smallest corrects as if
// they did not, which is on the safe side. There are about 2 log2(n) cuts, so
// the correction is small.
func cuts(reference, current statistic.Sample, slack int64) []statistic.Tail {
	a, b := statistic.Align(reference, current)
	all := reference.N + current.N
	var out []statistic.Tail
	below, inReference := int64(0), int64(0)
	ranks := cutRanks(all)
	for i := range a[:max(len(a)-1, 0)] {
		below, inReference = below+a[i]+b[i], inReference+a[i]
		if len(ranks) == 0 || below < ranks[0] {
			continue
		}
		for len(ranks) > 0 && below >= ranks[0] {
			ranks = ranks[1:] // a value that occurs often stands for several ranks
		}
		k := below - inReference
		more, fewer := statistic.Tails(k, below, current.N, all)
		// Moving reference rows below the cut makes "too many of the window
		// below" less likely and the reverse more; each tail gets the move that
		// makes it larger.
		if slack > 0 {
			more.P, _ = moved(k, below, min(slack, reference.N-inReference), current.N, all)
			_, fewer.P = moved(k, below, -min(slack, inReference), current.N, all)
		}
		out = append(out, more, fewer)
	}
	return out
}

// moved are both p-values were that many more rows of the reference below the cut.
func moved(k, class, rows, n, all int64) (more, fewer float64) {
	m, f := statistic.Tails(k, class+rows, n, all)
	return m.P, f.P
}

// cutRanks are how many of n rows are to lie below each cut, in ascending order.
//
// For 16 rows they are 1, 2, 4, 8, 12, 14 and 15: the far tails are looked at
// closely, where a shift of the median would hide them.
func cutRanks(n int64) []int64 {
	var low, high []int64
	for r := n / 2; r >= 1; r /= 2 {
		low = append([]int64{r}, low...)
		if n-r > n/2 {
			high = append(high, n-r)
		}
	}
	return append(low, high...)
}

// categoriesPermuted asks of each category whether the window has too many or too
// few of it, and of all of them together by Pearson's chi-square. The first
// finds one category that is new or gone, the second many small shifts.
//
// Two questions were asked of the same rows, so the smaller of both p-values is
// doubled (Bonferroni). A category alone is decided exactly; only the joint one
// is drawn by chance.
func categoriesPermuted(t table, random *rand.Rand) float64 {
	n, all := t.rows[1], t.rows[0]+t.rows[1]
	var asked []statistic.Tail
	for i := range t.reference {
		more, fewer := statistic.Tails(t.current[i], t.reference[i]+t.current[i], n, all)
		asked = append(asked, more, fewer)
		if len(t.reference) == 2 && t.nameless == 0 {
			break // of two categories the other one is the rest
		}
	}
	p := statistic.Smallest(asked)
	p = min(1, p+statistic.LeastOf(asked)*float64(statistic.Unasked(statistic.LeastOf(asked), t.nameless, n, all)))
	// With two categories the joint question is the same as the single one.
	if len(t.reference) < 3 && t.nameless == 0 || p < decided {
		return p
	}
	return min(1, 2*min(p, t.together(random)))
}

const (
	decided     = 1e-8    // a p-value that no other question needs to be asked after
	shuffles    = 20_000  // tried at most
	exceedances = 10      // shuffles at least as far apart after which it is clear that nothing is
	dealtRows   = 2_000   // of the smaller side, above which chi-square has its limit's distribution
	shuffleRows = 1 << 22 // of both sides, for their memory
)

// table is how often each category occurs on both sides.
type table struct {
	reference, current []int64
	nameless           int64    // rows of the window of categories too many to name
	rows               [2]int64 // of reference and window, nameless ones included
}

// merged leaves out what neither side has, and where the reference names only
// its most frequent categories, counts those that are rare among them with the
// rest: they were named since they happened to be more frequent there.
func (c *comparison) merged() table {
	t := table{nameless: c.nameless}
	rest, merge := [2]int64{}, c.other > 0
	for i, a := range c.referenceCounts {
		b := c.currentCounts[i]
		t.rows[0], t.rows[1] = t.rows[0]+a, t.rows[1]+b
		switch {
		case i == c.rest && t.nameless > 0:
		case merge && a < rareCount || i == c.rest:
			rest[0], rest[1] = rest[0]+a, rest[1]+b
		case a+b > 0:
			t.reference, t.current = append(t.reference, a), append(t.current, b)
		}
	}
	if rest[0]+rest[1] > 0 {
		t.reference, t.current = append(t.reference, rest[0]), append(t.current, rest[1])
	}
	return t
}

// rareCount is how often a category occurs at least that is compared by itself
// where the reference has more than it names.
const rareCount = 30

// together is the p-value of Pearson's chi-square of all categories. The sum of
// k*k/class over the classes orders tables of the same totals as chi-square does.
// Rows are dealt to the smaller side again until it is clear how often chance
// alone gets as far: J. Besag and P. Clifford, "Sequential Monte Carlo p-values",
// Biometrika 78 (1991). Categories without a name count as if they occurred once.
//
// Rows of the smaller side are drawn without putting back (the first steps of a
// Fisher-Yates shuffle), which keeps both totals, as the permutation test
// wants. classes stays a permutation of all rows throughout, so it need not be
// reset between draws.
//
// The sum is kept up to date row by row: a class that grows from k to k+1 adds
// ((k+1)^2 - k^2)/class = (2k+1)/class. Classes of weight 1 have one row each,
// or are shared by rows that each count once: their count stays 0, so each adds
// 1.
//
// The result of stopping at the tenth exceedance is a valid p-value of some 30
// % relative error; large ones are told after few draws, and only small ones
// take all 20,000.
func (t *table) together(random *rand.Rand) float64 {
	smaller, nameless := t.current, t.nameless
	if t.rows[0] < t.rows[1] {
		smaller, nameless = t.reference, 0
	}
	draw := min(t.rows[0], t.rows[1])
	if draw > dealtRows || t.rows[0]+t.rows[1] > shuffleRows {
		return t.limit()
	}
	classes, weight := t.dealt()
	seen := float64(nameless)
	for i, k := range smaller {
		seen += float64(k) * float64(k) * weight[i]
	}
	count, far := make([]int64, len(weight)), 0
	for done := 1; done <= shuffles; done++ {
		sum := 0.0
		for i := range draw {
			j := i + random.Int64N(int64(len(classes))-i)
			classes[i], classes[j] = classes[j], classes[i]
			class := classes[i]
			sum += float64(2*count[class]+1) * weight[class]
			if weight[class] < 1 {
				count[class]++
			}
		}
		for _, class := range classes[:draw] {
			count[class] = 0
		}
		if sum >= seen*(1-1e-9) {
			if far++; far == exceedances {
				return float64(far) / float64(done)
			}
		}
	}
	return float64(far+1) / (shuffles + 1)
}

// dealt returns the class of each row of both sides, and what a class weighs: one
// through its rows. Rows without a name are of a class of weight 1, as are
// those of a category that occurs once.
func (t *table) dealt() (classes []int32, weight []float64) {
	classes = make([]int32, 0, t.rows[0]+t.rows[1])
	for i, a := range t.reference {
		n := a + t.current[i]
		weight = append(weight, 1/float64(n))
		for range n {
			classes = append(classes, int32(i)) //nolint:gosec // a profile's categories are few
		}
	}
	weight = append(weight, 1)
	for range t.nameless {
		classes = append(classes, int32(len(t.reference))) //nolint:gosec // a profile's categories are few
	}
	return classes, weight
}

// limit is the p-value by chi-square's distribution in the limit of many rows,
// of the categories that have many; the others are counted together.
//
// The bound of 10 expected rows is stricter than the usual 5, since p-values
// far out in the tail are used.
func (t *table) limit() float64 {
	const enough = 10.0
	share := min(float64(t.rows[0]), float64(t.rows[1])) / float64(t.rows[0]+t.rows[1])
	var a, b []int64
	rest := [2]int64{}
	for i := range t.reference {
		if share*float64(t.reference[i]+t.current[i]) < enough {
			rest[0], rest[1] = rest[0]+t.reference[i], rest[1]+t.current[i]
			continue
		}
		a, b = append(a, t.reference[i]), append(b, t.current[i])
	}
	if share*float64(rest[0]+rest[1]) >= enough {
		a, b = append(a, rest[0]), append(b, rest[1])
	}
	_, p := statistic.Homogeneity(a, b)
	return p
}
