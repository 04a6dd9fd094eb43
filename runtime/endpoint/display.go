package endpoint

import (
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// displayed is whose verdicts the gauges of an endpoint show.
type displayed struct {
	model   string
	version int
	window  int64 // the newest that was shown
}

// display makes the version the one whose verdicts the endpoint's gauges show,
// beginning with the newest that its watch has; without a version they show nothing.
// Alerts read the gauges of all versions: those of one that is served no more would
// keep an alert firing about traffic that is not answered by it any more.
func (m *Metrics) display(endpoint string, v registry.Version, w watch) {
	m.showing.Lock()
	for _, g := range []*prometheus.GaugeVec{m.share, m.weighted, m.detected, m.reason, m.score, m.column, m.answers} {
		g.DeletePartialMatch(prometheus.Labels{"endpoint": endpoint})
	}
	m.displayed[endpoint] = displayed{model: v.Model, version: v.Version}
	m.showing.Unlock()
	if w == nil {
		return
	}
	// Read without the lock, which a watch may wait for with its own held.
	if closed, _ := w.reports(); len(closed) > 0 {
		m.report(endpoint, v, closed[len(closed)-1], 0)
	}
}

// report takes the verdict on the newest window, which was the n-th since the
// last report.
// A watch that was retired still has rows to hand on, and hears of their verdict:
// its windows are counted, and not shown.
func (m *Metrics) report(endpoint string, v registry.Version, r *drift.Report, n int64) {
	m.windows.WithLabelValues(endpoint, v.Model, strconv.Itoa(v.Version)).Add(float64(n))
	m.showing.Lock()
	defer m.showing.Unlock()
	now := m.displayed[endpoint]
	if now.model != v.Model || now.version != v.Version || r.Window < now.window {
		return
	}
	now.window = r.Window
	m.displayed[endpoint] = now
	m.show(endpoint, v, r)
}

// show sets the gauges. The lock is held.
// Shares are of 0 to 1. WeightedShare is nil where no column's importance is
// known, and the gauge is then not touched.
func (m *Metrics) show(endpoint string, v registry.Version, r *drift.Report) {
	labels := []string{endpoint, v.Model, strconv.Itoa(v.Version)}
	m.share.WithLabelValues(labels...).Set(r.Share)
	if r.WeightedShare != nil {
		m.weighted.WithLabelValues(labels...).Set(*r.WeightedShare)
	}
	m.detected.WithLabelValues(labels...).Set(one(r.Detected))
	for _, reason := range drift.Reasons() {
		m.reason.WithLabelValues(append(labels[:3:3], reason)...).Set(one(slices.Contains(r.Reasons, reason)))
	}
	for _, c := range r.Columns {
		// A column may be measured otherwise than in the window before.
		m.score.DeletePartialMatch(prometheus.Labels{"endpoint": endpoint, "column": c.Column})
		m.score.WithLabelValues(endpoint, c.Column, c.Test).Set(c.Statistic)
		m.column.WithLabelValues(endpoint, c.Column).Set(one(c.Drifted))
	}
	m.answers.WithLabelValues(labels...).Set(one(r.Predictions.Drifted))
}

// one is a boolean as Prometheus has it.
func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
