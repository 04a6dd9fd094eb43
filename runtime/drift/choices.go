package drift

import (
	"math"

	"github.com/ashlar-dev/ashlar/runtime/drift/statistic"
)

// ks is the two-sample Kolmogorov-Smirnov test.
var ks = test{
	name: "ks", pValue: true, threshold: significance,
	applies: func(c *comparison) bool { return c.numeric },
	run:     func(c *comparison) outcome { return outcomeOf(statistic.KSOf(c.reference, c.current)) },
}

// chiSquare is Pearson's chi-square test of homogeneity of two samples, without
// Yates's correction: scipy.stats.chi2_contingency(table, correction=False).
var chiSquare = test{
	name: "chisquare", pValue: true, threshold: significance,
	applies: func(c *comparison) bool { return !c.numeric || c.few },
	run: func(c *comparison) outcome {
		d, p := statistic.Homogeneity(c.keys())
		return outcome{d, p}
	},
}

// zTest is the two-sided Z test of two proportions with the pooled variance, for
// columns of at most two values.
var zTest = test{
	name: "z", pValue: true, threshold: significance,
	applies: func(c *comparison) bool {
		if c.numeric && !c.few {
			return false
		}
		reference, _ := c.keys()
		return len(reference) <= 2
	},
	run: func(c *comparison) outcome {
		d, p := statistic.Proportions(c.keys())
		return outcome{d, p}
	},
}

// wasserstein is the first Wasserstein distance divided by the reference's
// population standard deviation. Of a reference that is one value it is divided
// by the deviation of both samples together, so that it has no unit anywhere.
// Evidently divides by 0.001 at least, by which small units never drift.
var wasserstein = test{
	name: "wasserstein", threshold: effect,
	applies: func(c *comparison) bool { return c.numeric },
	run: func(c *comparison) outcome {
		d := statistic.Wasserstein(c.reference, c.current)
		if d == 0 {
			return outcome{0, 1}
		}
		return outcome{d / c.unit(), 1}
	},
}

// unit is what a distance between numbers is measured in.
//
// The square of the result is the variance of both samples put together where
// the reference has none: that within the window, times its share, and that
// between the two means.
func (c *comparison) unit() float64 {
	if c.deviation > 0 {
		return c.deviation
	}
	m, n := c.reference.N, c.current.N
	a, _ := c.reference.Moments()
	b, std := c.current.Moments()
	share := float64(n) / float64(m+n)
	return math.Hypot(math.Sqrt(share)*std, math.Sqrt(share*(1-share))*(a-b))
}

// jensenShannon is the Jensen-Shannon distance, the square root of the
// divergence to base e: scipy.spatial.distance.jensenshannon.
var jensenShannon = test{
	name: "jensenshannon", threshold: effect,
	applies: func(*comparison) bool { return true },
	run: func(c *comparison) outcome {
		return outcome{statistic.JensenShannon(c.binned()), 1}
	},
}

// psi is the population stability index: the sum over bins of
// (p - q) log(p / q), where an empty bin counts as a share of 0.0001.
var psi = test{
	name: "psi", threshold: effect,
	applies: func(*comparison) bool { return true },
	run: func(c *comparison) outcome {
		return outcome{statistic.PopulationStability(c.binned()), 1}
	},
}
