package access

import (
	"errors"
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// maxLabels bounds the callers that a metric tells apart, since each is a series.
const maxLabels = 100

// otherCallers stands for all callers after the first so many.
const otherCallers = "(other)"

// Metrics are what /metrics shows of callers, for all endpoints of a process:
//
//	model_caller_requests_total{endpoint,caller,outcome} requests by who asked: admitted, or limited (429)
//	model_access_refused_total{endpoint,code}            requests that were not admitted, by why
//
// Only callers who proved who they are become labels, the first hundred of a process;
// the others are "(other)", and those of a public endpoint "".
type Metrics struct {
	requests *prometheus.CounterVec
	refusals *prometheus.CounterVec

	mu     sync.Mutex
	labels map[string]bool
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		labels: map[string]bool{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "model_caller_requests_total",
			Help: "Requests for predictions by caller: admitted, or limited by a rate or a quota."},
			[]string{"endpoint", "caller", "outcome"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "model_access_refused_total",
			Help: "Requests that were not admitted, by the reason."}, []string{"endpoint", "code"}),
	}
	if err := errors.Join(r.Register(m.requests), r.Register(m.refusals)); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return m, nil
}

// label is what metrics call the caller.
func (m *Metrics) label(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.labels[name] && len(m.labels) >= maxLabels {
		return otherCallers
	}
	m.labels[name] = true
	return name
}
