// Package judge says whether a new version of a model is good enough for more
// traffic: counts of what was seen in, a verdict out. It has no clock, no files and
// no network, so that whoever carries a version to traffic (the router of a serving
// process, Argo Rollouts' analysis, a backtest) gets the same verdict from the same
// counts.
//
// One may look as often as one likes. The intervals are confidence sequences, which
// hold at all times at once, so that a rollout that is looked at after each request
// aborts a good version no more often than it says. Shares are judged by one share's
// interval, error_rate_difference by that of the difference of two. A latency such as
// latency_p99: <"50ms" is a share, too: at most one in a hundred requests takes longer.
//
// What is allowed to go wrong (1 - confidence) is divided by the number of metrics and
// of comparisons (Bonferroni), so the confidence is that of the verdict as a whole.
//
// # Several pods
//
// Each process counts what it answered, and none knows the others' counts. They are
// joined by adding them up (Observations.Join), which is exact, for counts are all that
// the verdict needs. Pods of a cluster do not keep them in a store: a count is worth
// nothing once its pod's version is decided on, and a write per look would load the
// database of the registry. So the one that is asked for a verdict asks its peers.
package judge

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Judge says whether what was observed passes the analysis. The number of comparisons
// is how many versions are compared by the analysis at once: 1, or one less than an A/B
// test has variants.
func Judge(a *plan.Analysis, o *Observations, comparisons int) Verdict {
	v := Verdict{Verdict: Pass, Requests: o.Challenger.Requests, MinRequests: a.MinRequests,
		Confidence: a.Confidence, Ratio: o.Assigned.ratio()}
	alpha := (1 - a.Confidence) / float64(max(1, len(a.Metrics))*max(1, comparisons))
	for _, metric := range slices.Sorted(maps.Keys(a.Metrics)) {
		v.Metrics = append(v.Metrics, judge(metric, a.Metrics[metric], o, alpha))
	}
	v.conclude()
	return v
}

// conclude draws the verdict from those on the metrics. What fails, fails, even if the
// traffic was not divided as it should be: to send it back is safe.
func (v *Verdict) conclude() {
	count := map[Outcome]int{}
	for _, m := range v.Metrics {
		count[m.Verdict]++
	}
	switch {
	case len(v.Metrics) == 0:
		v.Verdict, v.Reason = Inconclusive, "no metric is judged"
	case v.Requests < int64(v.MinRequests):
		v.Verdict = Inconclusive
		v.Reason = fmt.Sprintf("%d of %s that it takes at least", v.Requests, plan.Counted(v.MinRequests, "request"))
	case count[Fail] > 0:
		v.Verdict, v.Reason = Fail, v.reasons(Fail)
	case v.Ratio != nil && v.Ratio.Mismatch:
		v.Verdict, v.Reason = Inconclusive, v.Ratio.reason()
	case count[Inconclusive] > 0:
		v.Verdict, v.Reason = Inconclusive, v.reasons(Inconclusive)
	}
}

// judge is the verdict on one metric.
func judge(metric string, bound plan.Predicate, o *Observations, alpha float64) Metric {
	m := Metric{Metric: metric, Bound: bound.String(), Verdict: Inconclusive}
	if len(bound) == 0 {
		m.Reason = "it has no bound"
		return m
	}
	c := o.Challenger
	quantile, latency := plan.Quantile(metric)
	switch {
	case latency:
		m.Bound = fmt.Sprintf("<=%g of requests take over %gs", round(1-quantile), bound[0].Value)
		slow, counted := o.slower(bound[0].Value)
		if !counted {
			m.Reason = "nobody has counted the requests that take longer"
			return m
		}
		m.share(slow, c.Requests, alpha)
		bound = plan.Predicate{{Op: plan.LessEqual, Value: 1 - quantile}}
	case metric == plan.ErrorRate:
		m.share(c.Failed, c.Requests, alpha)
	case metric == plan.ErrorRateDifference:
		m.difference(o, alpha)
	case metric == plan.Agreement:
		m.share(o.Pairs.Agreed, o.Pairs.Compared, alpha)
	default:
		m.mean(o.Labelled[metric], alpha)
	}
	if m.N == 0 {
		m.Reason = nothing(metric)
		return m
	}
	m.hold(bound)
	return m
}

// nothing says why a metric has no number.
func nothing(metric string) string {
	switch {
	case plan.NeedsLabels(metric):
		return "there are no labels"
	case metric == plan.Agreement:
		return "no row has been asked of both versions"
	}
	return "there are no requests"
}

// hold compares the interval with the bound: what is within it passes, what is wholly
// outside of it fails.
func (m *Metric) hold(bound plan.Predicate) {
	m.Verdict = Pass
	for _, b := range bound {
		below, above := m.High < b.Value, m.Low > b.Value
		if b.Op == plan.Greater || b.Op == plan.GreaterEqual {
			below, above = above, below
		}
		switch {
		case above:
			m.Verdict = Fail
			m.Reason = fmt.Sprintf("%s to %s is outside of %s", plan.Measured(m.Low), plan.Measured(m.High), m.Bound)
			return
		case !below:
			m.Verdict = Inconclusive
			m.Reason = fmt.Sprintf("%s to %s is on both sides of %s", plan.Measured(m.Low), plan.Measured(m.High),
				m.Bound)
		}
	}
}
