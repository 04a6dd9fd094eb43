package local

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// metrics are everything that /metrics shows, for all endpoints together.
type metrics struct {
	registry    *prometheus.Registry
	predictions *serve.Metrics
	share       *prometheus.GaugeVec
	drifted     *prometheus.GaugeVec
	score       *prometheus.GaugeVec
	windows     *prometheus.CounterVec
}

func newMetrics() (*metrics, error) {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		share: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "model_drift_share", Help: "Share of columns that drifted in the newest window.",
		}, []string{"endpoint", "model", "version"}),
		drifted: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "model_drift_detected", Help: "1 where the dataset drifted in the newest window.",
		}, []string{"endpoint", "model", "version"}),
		score: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "model_drift_score", Help: "Statistic of each column's drift test in the newest window.",
		}, []string{"endpoint", "column", "test"}),
		windows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "model_drift_windows_total", Help: "Windows of live traffic that were judged.",
		}, []string{"endpoint", "model", "version"}),
	}
	for _, c := range []prometheus.Collector{m.share, m.drifted, m.score, m.windows, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := m.registry.Register(c); err != nil {
			return nil, err
		}
	}
	var err error
	m.predictions, err = serve.NewMetrics(m.registry)
	return m, err
}

// report shows a window's verdict.
func (m *metrics) report(endpoint string, v registry.Version, r *drift.Report) {
	labels := []string{endpoint, v.Model, strconv.Itoa(v.Version)}
	m.share.WithLabelValues(labels...).Set(r.Share)
	m.drifted.WithLabelValues(labels...).Set(indicator(r.DatasetDrift))
	m.windows.WithLabelValues(labels...).Inc()
	for _, c := range r.Columns {
		m.score.WithLabelValues(endpoint, c.Column, c.Test).Set(c.Statistic)
	}
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
