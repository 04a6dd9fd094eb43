package serve

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the Prometheus metrics of every endpoint of one process. All
// carry the endpoint beside the labels given here.
//
//	model_predictions_total{model,version}             rows predicted
//	model_prediction_duration_seconds{model,version}   of requests answered with predictions, from the end
//	                                                   of the header until the answer is ready to be sent
//	model_errors_total{model,version,code}             requests for predictions, answered with that HTTP status
//	model_unknown_categories_total{model,version,field} values that training never saw
//	model_requests_in_flight{}                         predictions under way
//	model_info{model,version,algorithm,task,digest}    1 while the version is served
//	model_metric{model,version,metric}                 a metric of its evaluation while it is served
//	model_traffic_percent{model,version}               the share of traffic that is routed to the version
//	model_release_fallbacks_total{model,version}       requests that the version, which is being released, could
//	                                                   not answer, and that the one before it answered
//	model_comparisons_dropped_total{model,version}     requests that were not compared with the version's
//	                                                   answers, for lack of room
//	http_server_request_duration_seconds{http_request_method,http_route,http_response_status_code}
//	                                                   of all requests that are traced, as OpenTelemetry names it
//
// While a release is under way, model_info and model_metric are those of the version
// before. The series of a share go when the version has none any more, and all of a
// version's when 63 others were made ready after it and it has no traffic.
//
// So the requests for predictions, in whatever protocol, are the durations' count
// plus the errors, and those an SLO on availability calls bad are the errors whose
// code is 5xx. Requests that name another model or version are not counted.
type Metrics struct {
	predictions *prometheus.CounterVec
	durations   *prometheus.HistogramVec
	errors      *prometheus.CounterVec
	unknown     *prometheus.CounterVec
	inFlight    *prometheus.GaugeVec
	info        *prometheus.GaugeVec
	evaluated   *prometheus.GaugeVec
	shares      *prometheus.GaugeVec
	fallbacks   *prometheus.CounterVec
	dropped     *prometheus.CounterVec
	requests    *prometheus.HistogramVec

	lock  sync.Mutex
	pasts map[string]*past // by endpoint
}

// conventional are the boundaries, in seconds, that OpenTelemetry's semantic
// conventions (1.44) advise for http.server.request.duration.
var conventional = []float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}

// buckets go from 50 microseconds to 10 seconds.
// The range covers a score in process at the low end and the default timeout at
// the high end. Thresholds of latency objectives are added as boundaries, and
// duplicates removed: Prometheus panics on equal boundaries.
func buckets(thresholds []float64) []float64 {
	all := append([]float64{
		50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1, 2.5, 5, 10,
	}, thresholds...)
	slices.Sort(all)
	return slices.Compact(all)
}

// NewMetrics registers the metrics. Thresholds, in seconds, become boundaries
// of the duration histogram, so that a latency SLO counts exactly rather than
// by interpolation.
//
// It fails where the registry has metrics of the same names, which means that
// the endpoints of a process did not share theirs.
func NewMetrics(r prometheus.Registerer, thresholds ...float64) (*Metrics, error) {
	for _, t := range thresholds {
		// Written so that NaN is refused too.
		if !(t > 0) {
			return nil, fmt.Errorf("latency threshold %g s: want more than 0", t)
		}
	}
	version := []string{"endpoint", "model", "version"}
	counter := func(name, help string, more ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help},
			append(slices.Clone(version), more...))
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	m := &Metrics{
		pasts:       map[string]*past{},
		predictions: counter("model_predictions_total", "Rows predicted."),
		errors: counter("model_errors_total",
			"Requests for predictions answered with an error, by HTTP status.", "code"),
		unknown: counter("model_unknown_categories_total",
			"Categories that training never saw, by input field.", "field"),
		inFlight: gauge("model_requests_in_flight", "Requests for predictions under way.", "endpoint"),
		info: gauge("model_info", "1 for the version that is served.",
			append(slices.Clone(version), "algorithm", "task", "digest")...),
		evaluated: gauge("model_metric", "A metric of the served version's evaluation, by scikit-learn's name.",
			append(slices.Clone(version), "metric")...),
		shares: gauge("model_traffic_percent", "Share of the traffic that is routed to the version.", version...),
		fallbacks: counter("model_release_fallbacks_total",
			"Requests that a version under release could not answer, and the one before it did."),
		dropped: counter("model_comparisons_dropped_total",
			"Requests that were not compared with the answers of a version under release, for lack of room."),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "model_prediction_duration_seconds",
			Help:    "How long requests took that were answered with predictions.",
			Buckets: buckets(thresholds),
		}, version),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_server_request_duration_seconds",
			Help:    "How long requests took that are traced, whatever they were answered.",
			Buckets: conventional,
		}, []string{"endpoint", "http_request_method", "http_route", "http_response_status_code"}),
	}
	// Registered together, so that all name clashes are in one error.
	var problems []error
	for _, c := range []prometheus.Collector{m.predictions, m.durations, m.errors, m.unknown,
		m.inFlight, m.info, m.evaluated, m.shares, m.fallbacks, m.dropped, m.requests} {
		problems = append(problems, r.Register(c))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return m, nil
}

// handles are one version's metrics, resolved once.
// Looking a label set up by its values hashes them each time; a request would do
// that several times over.
type handles struct {
	predictions prometheus.Counter
	durations   prometheus.Observer
	inFlight    prometheus.Gauge
	dropped     prometheus.Counter
	fallbacks   prometheus.Counter
	errors      map[int]prometheus.Counter // by HTTP status
	unknown     []prometheus.Counter       // by input; nil where it is not coded
}

// statuses are the errors that a request for a prediction can end in.
var statuses = []int{
	http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
	http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusInternalServerError,
	http.StatusBadGateway, http.StatusServiceUnavailable,
	http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests,
}

// resolve returns a version's handles, every one exported at zero from now on.
// Series that exist from the start let rate() and alerts see the first error: a
// counter that appears at 1 has no increase.
func (m *Metrics) resolve(endpoint, model, version string, inputs []input) handles {
	m.remember(endpoint, versionKey{model, version})
	h := handles{
		predictions: m.predictions.WithLabelValues(endpoint, model, version),
		durations:   m.durations.WithLabelValues(endpoint, model, version),
		inFlight:    m.inFlight.WithLabelValues(endpoint),
		dropped:     m.dropped.WithLabelValues(endpoint, model, version),
		fallbacks:   m.fallbacks.WithLabelValues(endpoint, model, version),
		errors:      make(map[int]prometheus.Counter, len(statuses)),
		unknown:     make([]prometheus.Counter, len(inputs)),
	}
	for _, s := range statuses {
		h.errors[s] = m.errors.WithLabelValues(endpoint, model, version, strconv.Itoa(s))
	}
	for i := range inputs {
		if inputs[i].coded {
			h.unknown[i] = m.unknown.WithLabelValues(endpoint, model, version, inputs[i].name)
		}
	}
	return h
}

// failed counts a request that ended in an error. g is nil where nothing was
// served.
// A status outside statuses has no counter and is not counted.
func (m *Metrics) failed(endpoint string, g *generation, status int) {
	if g == nil {
		m.errors.WithLabelValues(endpoint, "", "", strconv.Itoa(status)).Inc()
		return
	}
	if c := g.metrics.errors[status]; c != nil {
		c.Inc()
	}
}

// announce moves model_info and model_metric from one main version to the next, and
// shows the shares of all.
// Old series are deleted, since a gauge that stays at 1 would show two versions
// served at once. The caller holds Server.swapping: two swaps that interleave
// could delete the labels of the version that is served.
func (m *Metrics) announce(endpoint string, old, next *routing) {
	shares := next.share()
	m.routes(endpoint, shares)
	for g := range old.share() {
		if _, stays := shares[g]; !stays {
			m.shares.DeleteLabelValues(endpoint, g.Model.Name, strconv.Itoa(g.Version))
		}
	}
	for g, percent := range shares {
		m.shares.WithLabelValues(endpoint, g.Model.Name, strconv.Itoa(g.Version)).Set(percent)
	}
	if old != nil && next != nil && old.main == next.main {
		return
	}
	if old != nil {
		m.info.DeleteLabelValues(old.main.infoLabels(endpoint)...)
		m.evaluated.DeletePartialMatch(prometheus.Labels{"endpoint": endpoint})
	}
	if next != nil {
		g := next.main
		m.info.WithLabelValues(g.infoLabels(endpoint)...).Set(1)
		for name, v := range g.quality() {
			m.evaluated.WithLabelValues(endpoint, g.Model.Name, strconv.Itoa(g.Version), name).Set(v)
		}
	}
}
