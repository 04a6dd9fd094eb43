package alerts

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// The runtime's metrics that the rules read; runtime/serve documents them.
const (
	durations   = "model_prediction_duration_seconds"
	failures    = "model_errors_total"
	information = "model_info"
	evaluated   = "model_metric"
)

// indicator is what an SLO measures.
type indicator struct {
	// prepare are recordings that ratio builds on; usually none.
	prepare []Rule
	// ratio is the share of bad events, or of bad time, over the window. It has
	// no value where there was nothing to judge.
	ratio func(window time.Duration) string
	// bad says in words what a bad event is.
	bad string
}

// indicatorOf chooses the indicator of an SLO. own is the selector by which the
// SLO's recorded series are found.
// Any name but availability and latency is a metric of the evaluation.
func indicatorOf(s plan.SLO, own string, opt Options) (indicator, error) {
	switch s.Indicator {
	case "availability":
		return availability(s, opt), nil
	case "latency":
		return latency(s, opt)
	}
	return metric(s, own, opt), nil
}

// requests is the rate of requests to /predict: the answered and the refused.
// Failures are counted apart from durations by the runtime, so the two add up. It is
// an expression without brackets: callers add them.
func requests(s plan.SLO, window time.Duration, opt Options) string {
	sel := scraped(s.Endpoint, opt)
	return fmt.Sprintf("sum(rate(%s_count%s[%s])) + sum(rate(%s%s[%[3]s]))", durations, sel,
		text(window), failures, sel)
}

// availability calls a request bad that the server failed to answer: a status
// of 5xx. A client's own mistake costs no budget.
func availability(s plan.SLO, opt Options) indicator {
	return indicator{
		bad: "requests are answered with a server error",
		ratio: func(w time.Duration) string {
			// "> 0" drops the series without traffic: 0/0 would be NaN, which
			// every comparison treats as false and every average passes on.
			return fmt.Sprintf("sum(rate(%s%s[%s]))\n/\n((%s) > 0)",
				failures, scraped(s.Endpoint, opt, `code=~"5.."`), text(w), requests(s, w, opt))
		},
	}
}

// latency calls an answered request bad that took longer than the threshold.
// The runtime makes every threshold a boundary of its histogram, so this counts
// and does not interpolate.
// A request that failed has no duration and counts for availability alone.
func latency(s plan.SLO, opt Options) (indicator, error) {
	limit, err := plan.ParseDuration(s.Threshold.Duration)
	if err != nil {
		return indicator{}, fmt.Errorf("threshold: %w", err)
	}
	return indicator{
		bad: "requests take longer than " + s.Threshold.Duration,
		ratio: func(w time.Duration) string {
			return fmt.Sprintf("1 - (\n  sum(rate(%s_bucket%s[%s]))\n  /\n  (sum(rate(%s_count%s[%[3]s])) > 0)\n)",
				durations, scraped(s.Endpoint, opt, boundary(limit)), text(w), durations, scraped(s.Endpoint, opt))
		},
	}, nil
}

// boundary matches the histogram's bucket up to the limit. Whole numbers of
// seconds are written 1 by the text format and 1.0 by OpenMetrics and by
// Prometheus 3.
func boundary(limit time.Duration) string {
	le := strconv.FormatFloat(limit.Seconds(), 'g', -1, 64)
	if strings.ContainsAny(le, ".e") {
		return fmt.Sprintf("le=%q", le)
	}
	return fmt.Sprintf(`le=~"%s|%[1]s\\.0"`, le)
}

// metric calls a moment bad at which the metric of any served version is beyond
// the threshold: below it for a score, above it for a loss or an error. Its
// budget is of time ("Timeslices" in OpenSLO), not of requests.
// The worst version counts, since during a roll-out several are served. A moment
// without any has no value, which EndpointNotServing is about.
func metric(s plan.SLO, own string, opt Options) indicator {
	worst, beyond, words := "min", "<", "below"
	if LowerIsBetter(s.Indicator) {
		worst, beyond, words = "max", ">", "above"
	}
	limit := number(s.Threshold.Value)
	series := evaluated + scraped(s.Endpoint, opt, "metric="+strconv.Quote(s.Indicator))
	return indicator{
		bad: fmt.Sprintf("of the time %s was %s %s", s.Indicator, words, limit),
		prepare: []Rule{{Record: "slo:sli_bad:bool",
			Expr: fmt.Sprintf("%s(%s) %s bool %s", worst, series, beyond, limit)}},
		ratio: func(w time.Duration) string {
			return fmt.Sprintf("avg_over_time(slo:sli_bad:bool%s[%s])", own, text(w))
		},
	}
}

// LowerIsBetter reports whether a metric of scikit-learn's name is a loss or an
// error, of which less is better.
func LowerIsBetter(metric string) bool {
	return strings.HasSuffix(metric, "_error") || strings.HasSuffix(metric, "_loss")
}
