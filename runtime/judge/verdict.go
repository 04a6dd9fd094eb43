package judge

import (
	"math"
	"strings"
)

// Outcome is what a verdict comes to.
type Outcome string

// The outcomes. Inconclusive means that more requests have to be seen.
const (
	Pass         Outcome = "pass"
	Fail         Outcome = "fail"
	Inconclusive Outcome = "inconclusive"
)

// Verdict is what is said of a version, with the numbers that it was drawn from.
type Verdict struct {
	Verdict     Outcome  `json:"verdict"`
	Reason      string   `json:"reason,omitempty"` // of what does not pass
	Requests    int64    `json:"requests"`         // to the new version
	MinRequests int      `json:"min_requests"`
	Confidence  float64  `json:"confidence"`
	Metrics     []Metric `json:"metrics"` // by name
	// Ratio is nil where no assignments were counted.
	Ratio *Ratio `json:"sample_ratio,omitempty"`
}

// Metric is the verdict on one metric. That of a latency is about the share of
// requests that take longer than its bound.
type Metric struct {
	Metric   string  `json:"metric"`
	Bound    string  `json:"bound"`
	N        int64   `json:"n"` // requests, rows or labels
	Estimate float64 `json:"estimate"`
	Low      float64 `json:"low"` // the confidence sequence's interval; without meaning if N is 0
	High     float64 `json:"high"`
	Verdict  Outcome `json:"verdict"`
	Reason   string  `json:"reason,omitempty"`
}

// reasons joins those of the metrics with the outcome.
func (v *Verdict) reasons(of Outcome) string {
	var out []string
	for _, m := range v.Metrics {
		if m.Verdict == of {
			out = append(out, m.Metric+": "+m.Reason)
		}
	}
	return strings.Join(out, "; ")
}

// share fills in the interval of a share.
func (m *Metric) share(of, n int64, alpha float64) {
	if m.N = n; n == 0 {
		return
	}
	m.Estimate = float64(of) / float64(n)
	m.Low, m.High = shareInterval(m.Estimate, n, alpha)
}

// difference fills in the interval of the new version's share of failures less that of
// the running one. It counts the requests of both.
func (m *Metric) difference(o *Observations, alpha float64) {
	t, c := o.Challenger, o.Champion
	if t.Requests == 0 || c.Requests == 0 {
		return
	}
	m.N = t.Requests + c.Requests
	m.Estimate = float64(t.Failed)/float64(t.Requests) - float64(c.Failed)/float64(c.Requests)
	variance := smoothed(t.Failed, t.Requests) + smoothed(c.Failed, c.Requests) // of the difference
	half := math.Sqrt(float64(m.N)*variance) * multiplier(float64(m.N), alpha)
	m.Low, m.High = max(-1, m.Estimate-half), min(1, m.Estimate+half)
}

// mean fills in the interval of a mean.
func (m *Metric) mean(s Moments, alpha float64) {
	if m.N = s.N; s.N == 0 {
		return
	}
	half := math.Sqrt(s.Variance) * multiplier(float64(s.N), alpha)
	m.Estimate, m.Low, m.High = s.Mean, s.Mean-half, s.Mean+half
}

// round takes out what a difference of decimal fractions leaves.
func round(v float64) float64 { return math.Round(v*1e9) / 1e9 }
