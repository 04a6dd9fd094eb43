package endpoint

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// Metrics are everything that /metrics shows, for all endpoints of a process:
// those of package serve, of Go and of the process, and of drift
//
//	model_drift_share{endpoint,model,version}         share of columns that drifted in the newest window
//	model_drift_detected{endpoint,model,version}      1 where the dataset drifted in it
//	model_drift_score{endpoint,column,test}           statistic of each column's test in it
//	model_drift_windows_total{endpoint,model,version} windows judged, as far as this process has seen
//
// Replicas of an endpoint all show the verdict on the traffic of all.
type Metrics struct {
	Registry    *prometheus.Registry
	predictions *serve.Metrics
	share       *prometheus.GaugeVec
	drifted     *prometheus.GaugeVec
	score       *prometheus.GaugeVec
	windows     *prometheus.CounterVec
}

// NewMetrics registers the metrics. The thresholds of the plan's latency
// objectives become boundaries of the duration histogram, so that they are
// counted exactly.
func NewMetrics(p *plan.Plan) (*Metrics, error) {
	version := []string{"endpoint", "model", "version"}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		share:    gauge("model_drift_share", "Share of columns that drifted in the newest window.", version...),
		drifted:  gauge("model_drift_detected", "1 where the dataset drifted in the newest window.", version...),
		score:    gauge("model_drift_score", "Statistic of each column's drift test in the newest window.", "endpoint", "column", "test"),
		windows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "model_drift_windows_total", Help: "Windows of live traffic that were judged.",
		}, version),
	}
	var problems []error
	for _, c := range []prometheus.Collector{m.share, m.drifted, m.score, m.windows, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		problems = append(problems, m.Registry.Register(c))
	}
	thresholds, err := latencies(p)
	problems = append(problems, err)
	m.predictions, err = serve.NewMetrics(m.Registry, thresholds...)
	return m, errors.Join(append(problems, err)...)
}

// latencies are the thresholds of the plan's latency objectives, in seconds.
func latencies(p *plan.Plan) ([]float64, error) {
	var out []float64
	for _, name := range slices.Sorted(maps.Keys(p.SLOs)) {
		s := p.SLOs[name]
		if s.Threshold.Duration == "" {
			continue
		}
		d, err := plan.ParseDuration(s.Threshold.Duration)
		if err != nil {
			return nil, fmt.Errorf("slo %s: threshold: %w", name, err)
		}
		out = append(out, d.Seconds())
	}
	return out, nil
}

// report shows the verdict on the newest window, which was the n-th since the
// last report.
func (m *Metrics) report(endpoint string, v registry.Version, r *drift.Report, n int64) {
	labels := []string{endpoint, v.Model, strconv.Itoa(v.Version)}
	m.share.WithLabelValues(labels...).Set(r.Share)
	m.drifted.WithLabelValues(labels...).Set(0)
	if r.DatasetDrift {
		m.drifted.WithLabelValues(labels...).Set(1)
	}
	m.windows.WithLabelValues(labels...).Add(float64(n))
	for _, c := range r.Columns {
		m.score.WithLabelValues(endpoint, c.Column, c.Test).Set(c.Statistic)
	}
}
