// Package serve answers predictions of one endpoint's model over HTTP.
//
// It exists so that an approved model file becomes a service without a word of
// glue code: the model's own signature decides what a request may hold, what
// the OpenAPI document says and which problems a client is told of. The answer
// to POST /predict has the shape of a hand-written FastAPI service
// ({"features": [...]} in, {"prediction", "probability"} out); everything else
// a service needs (liveness, readiness, metrics, drift, drain) is beside it.
//
// Requests are hostile until shown otherwise. Bodies, rows, nesting, reported
// problems and requests in flight are bounded; every problem of a request is
// reported at once, by row and field; no answer or log line repeats a feature's
// value.
//
// The hot path reads the body once, straight into a pooled scorer, with a JSON
// reader written for this shape: a request of 13 features costs a few
// microseconds beside what net/http takes. Fuzzing holds the reader to
// encoding/json's verdicts.
package serve

import (
	"cmp"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
)

// Server serves one endpoint. Its methods are safe for concurrent use.
type Server struct {
	cfg     Config
	limits  limits
	routes  map[string]route
	serving atomic.Pointer[routing] // nil: out of service
	found   atomic.Pointer[found]

	// Requests never take it: they load serving.
	swapping sync.Mutex // held while a routing replaces another
	parked   parking
	draining atomic.Bool
	inFlight atomic.Int64  // predictions
	held     atomic.Int64  // bytes of bodies and answers
	answered atomic.Uint64 // requests since debug logging began, for sampling
}

// New returns a server that serves nothing yet: it is alive but not ready until
// the first Swap. The error joins everything that is wrong with the
// configuration.
func New(cfg Config) (*Server, error) {
	cfg, lim, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, limits: lim}
	s.routes = s.table()
	return s, nil
}

// Handler returns the endpoint's whole site: /predict, /health, /ready,
// /metrics, /schema, /openapi.json and /drift. Mounted below a prefix it wants
// that prefix stripped.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// Swap puts a version behind the endpoint, or takes the endpoint out of service
// where next is nil. Requests under way finish on the version they began with;
// requests that begin after Swap returns see the new one. The error names what
// is wrong with the model, and then the endpoint goes on as it was.
//
// Everything that can fail or takes long, the document and the metrics among it,
// is done before the lock is taken. The old generation is collected with its
// pool once the last request on it has ended.
func (s *Server) Swap(next *Served) error {
	if next == nil {
		return s.Route(Routing{})
	}
	loaded, err := s.Load(*next)
	if err != nil {
		return err
	}
	return s.Route(Routing{Main: loaded})
}

// Ready returns nil while the endpoint can take requests, else the reason.
func (s *Server) Ready() error {
	switch {
	case s.draining.Load():
		return errors.New("the server is shutting down")
	case s.serving.Load() == nil:
		if _, off := (repository{s}).aside(); off {
			return errors.New(unloaded)
		}
		return errors.New(s.waiting())
	}
	return nil
}

// waiting is why there is no model.
func (s *Server) waiting() string {
	why := ""
	if s.cfg.Waiting != nil {
		why = s.cfg.Waiting()
	}
	return cmp.Or(why, "no model is loaded yet")
}
