package judge

import (
	"maps"
	"math"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Power is the probability with which a regression is seen within Need's requests.
const Power = 0.8

// Need is how many requests to the new version a metric takes.
type Need struct {
	Metric string
	// Regression is a version that fails: it misses the bound by as much again. Where the
	// bound is a share of 1 % it has 2 %, and where 98 % must agree 96 % do.
	Regression float64
	Fail       int64 // to see that such a version fails, with probability Power
	// Pass is to see that a version passes that is half as bad as the bound, with the
	// same probability.
	Pass int64
}

// Needs are those of the metrics of an analysis that traffic shows, by name. The share
// is what the new version has of the traffic, in (0, 1); it matters where versions are
// compared. Of the running version it is assumed that it fails as often as
// error_rate_difference allows a new one to fail more often.
func Needs(a *plan.Analysis, share float64, comparisons int) []Need {
	alpha := (1 - a.Confidence) / float64(max(1, len(a.Metrics))*max(1, comparisons))
	var out []Need
	for _, metric := range slices.Sorted(maps.Keys(a.Metrics)) {
		for _, b := range a.Metrics[metric] {
			if n, known := need(metric, b, share, alpha); known {
				out = append(out, n)
			}
		}
	}
	return out
}

// need is that of one bound.
func need(metric string, b plan.Bound, share, alpha float64) (Need, bool) {
	n := Need{Metric: metric}
	above := b.Op == plan.Less || b.Op == plan.LessEqual // what is above the bound is bad
	quantile, latency := plan.Quantile(metric)
	bad := b.Value
	switch {
	case latency:
		bad = 1 - quantile
	case metric == plan.ErrorRateDifference:
		if b.Value <= 0 || b.Value >= 0.3 || !above {
			return n, false
		}
		n.Regression = 2 * b.Value
		n.Fail = fewest(differs(b.Value, 2*b.Value, share, alpha))
		n.Pass = fewest(differs(b.Value, b.Value/2, share, alpha))
		return n, true
	case plan.NeedsLabels(metric):
		return n, false
	case !above:
		bad = 1 - b.Value
	}
	worse := min(2*bad, (1+bad)/2)
	n.Regression, n.Fail, n.Pass = worse, fewest(apart(bad, worse, alpha)), fewest(apart(bad, bad/2, alpha))
	if !above {
		n.Regression = 1 - worse
	}
	return n, true
}

// apart reports whether n trials tell a share from the bound.
func apart(bound, share, alpha float64) func(n float64) bool {
	return func(n float64) bool {
		return math.Abs(share-bound) >= multiplier(n, alpha)*math.Sqrt(bound*(1-bound))+
			normal(Power)*math.Sqrt(share*(1-share)/n)
	}
}

// differs reports whether n requests to the new version, which has the share of all
// requests, tell a difference from the bound.
func differs(bound, difference, share, alpha float64) func(n float64) bool {
	base := bound
	worse := base + difference
	return func(n float64) bool {
		all := n / share
		se := math.Sqrt(worse*(1-worse)/n + base*(1-base)/(all-n))
		return math.Abs(difference-bound) >= math.Sqrt(all)*se*multiplier(all, alpha)+normal(Power)*se
	}
}

// fewest is the least number, rounded up to four digits, for which enough holds.
func fewest(enough func(n float64) bool) int64 {
	low, high := 0.0, 1.0
	for ; !enough(high) && high < 1e15; high *= 2 {
		low = high
	}
	for high-low > max(1, high/10000) {
		if middle := (low + high) / 2; enough(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return int64(math.Ceil(high))
}

// normal is the quantile of the standard normal distribution.
func normal(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
