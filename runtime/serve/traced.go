package serve

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ashlar-dev/ashlar/runtime/tracing"
)

// untraced are the paths whose requests are nobody's trace: those that machines ask all
// the time.
var untraced = map[string]bool{
	"/health": true, "/ready": true, "/metrics": true, "/v2/health/live": true, "/v2/health/ready": true,
	service + "ServerLive": true, service + "ServerReady": true,
}

// witness is a server as somebody sees it who follows its requests.
type witness struct{ *Server }

// begin begins the span of a request, which the request that is returned carries. The
// attributes are those of OpenTelemetry's conventions for HTTP, and our own.
func (s witness) begin(r *http.Request, id string) (*http.Request, tracing.Span) {
	if !s.cfg.Tracer.On() || untraced[strings.TrimSuffix(r.URL.Path, "/")] {
		return r, tracing.Span{}
	}
	route, method := s.routeOf(r.URL.Path), methodOf(r.Method)
	name, scheme := method, "http"
	if route != "" {
		name += " " + route
	}
	if r.TLS != nil {
		scheme = "https"
	}
	r, span := s.cfg.Tracer.Server(r, name)
	if !span.Recording() {
		return r, span
	}
	span.Set(tracing.Text("http.request.method", method), tracing.Text("url.scheme", scheme),
		tracing.Text("network.protocol.version", strings.TrimPrefix(r.Proto, "HTTP/")),
		tracing.Text("ashlar.endpoint", s.cfg.Endpoint), tracing.Text("ashlar.request_id", id))
	if route != "" {
		span.Set(tracing.Text("http.route", route))
	}
	if call, ok := strings.CutPrefix(route, service); ok {
		span.Set(tracing.Text("rpc.system", "grpc"), tracing.Text("rpc.method", call),
			tracing.Text("rpc.service", strings.Trim(service, "/")))
	}
	return r, span
}

// end ends the span of a request, and counts how long it took as OpenTelemetry's
// conventions have it. It does nothing where nothing is traced.
//
// A request that is the client's fault is no error of a server's span.
func (s witness) end(r *http.Request, span tracing.Span, seconds float64, out outcome) {
	if !s.cfg.Tracer.On() {
		return
	}
	if ids := span.IDs(); ids.Trace != "" {
		observe(s.cfg.Metrics.requests.WithLabelValues(s.cfg.Endpoint, methodOf(r.Method), s.routeOf(r.URL.Path),
			strconv.Itoa(out.status)), seconds, ids)
	}
	if !span.Recording() {
		return
	}
	span.Set(tracing.Int("http.response.status_code", out.status))
	if out.caller != "" {
		span.Set(tracing.Text("ashlar.caller", out.caller))
	}
	if g := out.gen; g != nil {
		span.Set(tracing.Text("ashlar.model", g.Model.Name), tracing.Int("ashlar.model.version", g.Version))
	}
	if out.rows > 0 {
		span.Set(tracing.Int("ashlar.rows", out.rows))
	}
	if out.status >= http.StatusInternalServerError {
		reason := out.code
		if reason == "" {
			reason = strconv.Itoa(out.status)
		}
		span.Fail(reason)
	}
	span.End()
}

// within begins a span within that of a request.
func (s witness) within(r *http.Request, name string) (context.Context, tracing.Span) {
	if !s.cfg.Tracer.On() {
		return r.Context(), tracing.Span{}
	}
	return tracing.Start(r.Context(), name)
}

// ask predicts what is in the worker's body. A model's own server is asked within the
// span of that; the end of the request does not end the asking, as what it answers is
// counted.
func (w *worker) ask(ctx context.Context, in *dialect, h http.Header) (int, *Problem) {
	if !w.traced {
		return in.predict(w, ctx, h)
	}
	ctx, span := tracing.Start(ctx, "scoring", tracing.Text("ashlar.model", w.gen.Model.Name),
		tracing.Int("ashlar.model.version", w.gen.Version))
	defer span.End()
	w.scorer.Within(context.WithoutCancel(ctx))
	defer w.scorer.Within(context.Background())
	rows, p := in.predict(w, ctx, h)
	if p != nil && p.status >= http.StatusInternalServerError {
		span.Fail(p.Code)
	}
	return rows, p
}

// count counts the rows that were predicted, and how long that took.
func (w *worker) count(r *http.Request, rows int, seconds float64) {
	w.gen.metrics.predictions.Add(float64(rows))
	if w.traced {
		observe(w.gen.metrics.durations, seconds, tracing.Of(r.Context()).IDs())
	} else {
		w.gen.metrics.durations.Observe(seconds)
	}
}

// observe notes a value, with the trace that it is an example of where there is one to
// be found.
func observe(o prometheus.Observer, value float64, ids tracing.IDs) {
	if e, ok := o.(prometheus.ExemplarObserver); ok && ids.Sampled {
		e.ObserveWithExemplar(value, prometheus.Labels{"trace_id": ids.Trace, "span_id": ids.Span})
		return
	}
	o.Observe(value)
}

// methodOf is a request's method, as one of those that there are: what a client makes
// up must not become a series or a span's name.
func methodOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return method
	}
	return "_OTHER"
}

// routeOf is the path of a request with placeholders for what differs; "" where there is
// no such path.
func (s witness) routeOf(path string) string {
	if _, ours := s.routes[path]; ours {
		return path
	}
	if strings.HasPrefix(path, service) {
		if _, found := s.grpcRoute(path); found {
			return path
		}
		return ""
	}
	if !flat(path) {
		return ""
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case parts[0] == "v1" && len(parts) == 2:
		return "/v1/models"
	case parts[0] == "v1" && strings.HasSuffix(path, ":predict"):
		return "/v1/models/{model}:predict"
	case parts[0] == "v1":
		return "/v1/models/{model}"
	case len(parts) == 1:
		return "/v2"
	case parts[1] == "repository" && parts[len(parts)-1] == "index":
		return "/v2/repository/index"
	case parts[1] == "repository":
		return lastOf("/v2/repository/models/{model}", parts, "load", "unload")
	case parts[1] == "models" && len(parts) == 2:
		return "/v2/models"
	case parts[1] == "models" && len(parts) > 4 && parts[3] == "versions":
		return lastOf("/v2/models/{model}/versions/{version}", parts, "ready", "infer")
	case parts[1] == "models":
		return lastOf("/v2/models/{model}", parts, "ready", "infer")
	}
	return ""
}

// lastOf is a route with the last part of the path, where that is one of those.
func lastOf(route string, parts []string, of ...string) string {
	for _, o := range of {
		if parts[len(parts)-1] == o {
			return route + "/" + o
		}
	}
	return route
}
