package serve

import (
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ashlar-dev/ashlar/runtime/judge/peers"
	"github.com/ashlar-dev/ashlar/runtime/tracing"
)

// outcome is how a request ended.
type outcome struct {
	status int
	rows   int         // predicted
	gen    *generation // that answered, or nil
	code   string      // of a problem
	caller string      // who asked; "": not known
}

// route answers one path.
type route struct {
	method string
	handle func(w http.ResponseWriter, r *http.Request, id string) outcome
}

// table returns the paths, matched by equality: there are no parameters, and
// http.ServeMux would redirect and clean paths where a 404 helps more.
func (s *Server) table() map[string]route {
	// Exemplars are in OpenMetrics alone, which is answered to who accepts it.
	metrics := promhttp.HandlerFor(s.cfg.Registry, promhttp.HandlerOpts{EnableOpenMetrics: s.cfg.Tracer.On()})
	out := map[string]route{
		"/predict":      {http.MethodPost, s.predict},
		previewPath:     {http.MethodPost, s.preview},
		"/health":       {http.MethodGet, s.health},
		"/ready":        {http.MethodGet, s.ready},
		"/schema":       {http.MethodGet, s.schema},
		"/openapi.json": {http.MethodGet, s.schema},
		"/drift":        {http.MethodGet, s.drift},
		"/metrics": {http.MethodGet, func(w http.ResponseWriter, r *http.Request, _ string) outcome {
			metrics.ServeHTTP(w, r)
			return outcome{status: http.StatusOK}
		}},
	}
	if s.cfg.Release != nil {
		steers := func(w http.ResponseWriter, r *http.Request, _ string) outcome {
			s.cfg.Release.ServeHTTP(w, r)
			return outcome{status: http.StatusOK}
		}
		out[peers.JudgePath] = route{http.MethodPost, steers}
		out[peers.ObservationsPath] = route{http.MethodGet, steers}
	}
	return out
}

// handled answers a request that is admitted.
func (s *Server) handled(w http.ResponseWriter, r *http.Request, id string, rt route, start time.Time) outcome {
	out := rt.handle(w, r, id)
	s.cfg.count(r, start, out)
	return out
}

// count tells whoever judges the version how a request for predictions ended. One that
// was not admitted is not the version's.
func (c *Config) count(r *http.Request, start time.Time, out outcome) {
	if c.Answered != nil && predicts(r.URL.Path) {
		c.Answered(c.Now().Sub(start).Seconds(), out.status >= http.StatusInternalServerError)
	}
}

// serve routes a request, and sees to what every answer has in common.
//
// The id is set before anything can fail, so that every answer carries one. The
// outcome is logged here and nowhere else, or by recovered after a panic.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	start := s.cfg.Now()
	id := s.requestID(r.Header["X-Request-Id"])
	h := w.Header()
	h["X-Request-Id"] = []string{id}
	if h["X-Frame-Options"] == nil { // Run has done it already
		secure(h)
	}
	if s.draining.Load() {
		h["Connection"] = closing
	}
	r, span := witness{s}.begin(r, id)
	defer s.recovered(w, r, id, start, span)
	rt, found := s.routes[r.URL.Path]
	if !found {
		rt, found = s.protocol(r)
	}
	var out outcome
	switch {
	case !found:
		p := problem(http.StatusNotFound, "not_found", "there is no such path; there are %s", s.paths())
		p.form = formOf(r.URL.Path)
		out = s.refuse(w, id, nil, p)
	case r.Method != rt.method && (rt.method != http.MethodGet || r.Method != http.MethodHead):
		p := problem(http.StatusMethodNotAllowed, "method_not_allowed", "%s takes %s", r.URL.Path, rt.method)
		if p.allow = rt.method; rt.method == http.MethodGet {
			p.allow = "GET, HEAD"
		}
		p.form = formOf(r.URL.Path)
		out = s.refuse(w, id, nil, p)
		// Counted so that requests for predictions are durations plus errors; see
		// Metrics.
		if predicts(r.URL.Path) {
			s.cfg.Metrics.failed(s.cfg.Endpoint, s.champion(), p.status)
		}
	default:
		out = s.admitted(w, r, id, rt, start)
	}
	witness{s}.end(r, span, s.cfg.Now().Sub(start).Seconds(), out)
	s.log(r, id, start, out, span)
}

// paths lists what there is.
func (s *Server) paths() string {
	var all []string
	for p := range s.routes {
		if p != previewPath || s.serving.Load().previewed() != nil {
			all = append(all, p)
		}
	}
	all = append(all, "/v2", "/v2/models/MODEL/infer", "/v1/models/MODEL:predict")
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// refuse answers with a problem.
func (s *Server) refuse(w http.ResponseWriter, id string, g *generation, p *Problem) outcome {
	p.write(w, id)
	return outcome{status: p.status, gen: g, code: p.Code}
}

// recovered turns a panic into a 500, so that one request's misfortune is
// neither silent nor anybody else's.
// It must be deferred directly: recover works in the deferred function alone. If
// the handler had begun its answer, the status is sent already and net/http logs
// that the second one is superfluous; the client then sees a broken body.
func (s *Server) recovered(w http.ResponseWriter, r *http.Request, id string, start time.Time, span tracing.Span) {
	cause := recover()
	if cause == nil {
		return
	}
	s.cfg.Log.Error("request panicked", "request_id", id, "panic", cause, "stack", string(debug.Stack()))
	g := s.champion()
	if predicts(r.URL.Path) {
		s.cfg.Metrics.failed(s.cfg.Endpoint, g, http.StatusInternalServerError)
	}
	p := problem(http.StatusInternalServerError, "internal",
		"something went wrong here; the log has it under the request id")
	p.form = formOf(r.URL.Path)
	out := s.refuse(w, id, g, p)
	s.cfg.count(r, start, out)
	witness{s}.end(r, span, s.cfg.Now().Sub(start).Seconds(), out)
	s.log(r, id, start, out, span)
}
