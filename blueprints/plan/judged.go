package plan

import (
	"slices"
	"strconv"
	"strings"
)

// The metrics of an Analysis that traffic alone shows.
const (
	ErrorRate           = "error_rate"
	ErrorRateDifference = "error_rate_difference" // the new version's less the running one's
	Agreement           = "agreement"
)

// latencyPrefix is before the percentage of a latency metric.
const latencyPrefix = "latency_p"

// latencies are the metrics of latency.
var latencies = []string{"latency_p50", "latency_p90", "latency_p95", "latency_p99"}

// JudgedMetrics are the metrics that an Analysis of a model of the task may bound:
// those of traffic, then those that need labels.
func JudgedMetrics(t Task) []string {
	return slices.Concat([]string{ErrorRate, ErrorRateDifference, Agreement}, latencies, MetricNames(t))
}

// Quantile returns the quantile of a metric of latency, such as 0.99, and whether
// the metric is one.
func Quantile(metric string) (float64, bool) {
	if !slices.Contains(latencies, metric) {
		return 0, false
	}
	percent, err := strconv.Atoi(strings.TrimPrefix(metric, latencyPrefix))
	return float64(percent) / 100, err == nil
}

// NeedsLabels reports whether the metric is judged by what turned out to be true.
func NeedsLabels(metric string) bool {
	_, latency := Quantile(metric)
	return !latency && metric != ErrorRate && metric != ErrorRateDifference && metric != Agreement
}
