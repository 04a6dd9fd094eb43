package endpoint

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/access"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// Metrics are everything that /metrics shows, for all endpoints of a process:
// those of package serve, of Go and of the process, and of drift
//
//	model_drift_share{endpoint,model,version}         share of columns that drifted in the newest window
//	model_drift_weighted_share{endpoint,model,version} the same by the columns' importance, where it is known
//	model_drift_detected{endpoint,model,version}      1 where it counts towards the alert
//	model_drift_reason{endpoint,model,version,reason} 1 where it does by this: share, columns or predictions
//	model_drift_score{endpoint,column,test}           statistic of each column's test in it
//	model_drift_column{endpoint,column}               1 where the column drifted in it
//	model_drift_predictions{endpoint,model,version}   1 where what was answered drifted in it
//	model_drift_windows_total{endpoint,model,version} windows judged, as far as this process has seen
//
// Replicas of an endpoint all show the verdict on the traffic of all. The gauges are
// those of the version that is served, and go with it; the counter stays.
type Metrics struct {
	Registry    *prometheus.Registry
	predictions *serve.Metrics
	callers     *access.Metrics
	share       *prometheus.GaugeVec
	weighted    *prometheus.GaugeVec
	detected    *prometheus.GaugeVec
	reason      *prometheus.GaugeVec
	score       *prometheus.GaugeVec
	column      *prometheus.GaugeVec
	answers     *prometheus.GaugeVec
	windows     *prometheus.CounterVec

	// showing guards displayed, which is by endpoint, and the setting of the gauges.
	showing   sync.Mutex
	displayed map[string]displayed
}

// NewMetrics registers the metrics. The thresholds of the plan's latency
// objectives become boundaries of the duration histogram, so that they are
// counted exactly.
// Call it once for a process and share the result: all endpoints are told apart by
// the label.
func NewMetrics(p *plan.Plan) (*Metrics, error) {
	version := []string{"endpoint", "model", "version"}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	m := &Metrics{
		Registry:  prometheus.NewRegistry(),
		displayed: map[string]displayed{},
		share:     gauge("model_drift_share", "Share of columns that drifted in the newest window.", version...),
		weighted: gauge("model_drift_weighted_share",
			"Share of columns that drifted in the newest window, by importance.", version...),
		detected: gauge("model_drift_detected", "1 where the newest window counts towards the alert.", version...),
		reason: gauge("model_drift_reason", "1 where the newest window counts towards the alert by this.",
			// The capacity is cut so that append copies.
			append(version[:3:3], "reason")...),
		column:  gauge("model_drift_column", "1 where the column drifted in the newest window.", "endpoint", "column"),
		answers: gauge("model_drift_predictions", "1 where the predictions drifted in the newest window.", version...),
		score: gauge("model_drift_score", "Statistic of each column's drift test in the newest window.",
			"endpoint", "column", "test"),
		windows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "model_drift_windows_total", Help: "Windows of live traffic that were judged.",
		}, version),
	}
	var problems []error
	for _, c := range []prometheus.Collector{m.share, m.weighted, m.detected, m.reason, m.score, m.column, m.answers,
		m.windows, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		problems = append(problems, m.Registry.Register(c))
	}
	thresholds, err := latencies(p)
	problems = append(problems, err)
	m.predictions, err = serve.NewMetrics(m.Registry, thresholds...)
	problems = append(problems, err)
	m.callers, err = access.NewMetrics(m.Registry)
	return m, errors.Join(append(problems, err)...)
}

// latencies are the thresholds of the plan's latency objectives, in seconds.
// They are taken in order of the objective's name, and may repeat; serve removes
// duplicates. Objectives on other indicators have no duration.
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
