package serve

import (
	"context"
	"net/http"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/oip"
)

// The model repository extension of the Open Inference Protocol: operators unload a model,
// so that its process is not ready and answers 503, and load it again. What is loaded is
// what the endpoint's strategy says by then: a release goes on while its endpoint is
// unloaded, and no request can name a version that has no traffic by it.

// How the paths of an operator's requests begin, and the calls that are the same.
const (
	repositoryModels = "/v2/repository/models/"
	loadCall         = "RepositoryModelLoad"
	unloadCall       = "RepositoryModelUnload"
)

// unloaded is why an unloaded model answers nobody.
const unloaded = "the model was unloaded; an operator loads it again"

// moves reports whether a path loads or unloads.
func moves(path string) bool {
	return strings.HasPrefix(path, repositoryModels) || path == service+loadCall || path == service+unloadCall
}

// operatorKey is in the context of a request at the address of operators.
type operatorKey struct{}

// byOperator is the request as one of an operator.
func byOperator(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), operatorKey{}, true))
}

// operates reports whether the request loads or unloads and is of an operator, whom the
// network admits to an address of their own: they show no credential of a caller.
func operates(r *http.Request) bool {
	return moves(r.URL.Path) && r.Context().Value(operatorKey{}) != nil
}

// repository is a server as operators see it.
type repository struct{ *Server }

// parking is what is put aside while a model is unloaded; guarded by Server.swapping.
type parking struct {
	on   bool
	what *routing // nil: nothing may be served
}

// unload takes the endpoint out of service until restore. Requests under way finish; a
// Route that comes meanwhile is kept for restore.
func (s repository) unload() {
	s.swapping.Lock()
	defer s.swapping.Unlock()
	if s.parked.on {
		return
	}
	old := s.serving.Swap(nil)
	s.parked = parking{true, old}
	s.cfg.Metrics.announce(s.cfg.Endpoint, old, nil)
}

// restore ends what unload began: the routing that the endpoint's strategy has come to
// answers.
func (s repository) restore() {
	s.swapping.Lock()
	defer s.swapping.Unlock()
	if !s.parked.on {
		return
	}
	next := s.parked.what
	s.parked = parking{}
	s.serving.Store(next)
	s.cfg.Metrics.announce(s.cfg.Endpoint, nil, next)
}

// aside is what is put aside, and whether the model is unloaded.
func (s repository) aside() (*generation, bool) {
	s.swapping.Lock()
	defer s.swapping.Unlock()
	if s.parked.what == nil {
		return nil, s.parked.on
	}
	return s.parked.what.main, s.parked.on
}

// move loads or unloads the model of the name, and returns what is wrong with that.
func (s repository) move(r *http.Request, name string, load bool) *Problem {
	if !operates(r) {
		return problem(http.StatusForbidden, "not_an_operator",
			"models are loaded and unloaded at the address of operators alone: start the server with --listen-operators, "+
				"or ashlar up with --listen-page")
	}
	g := s.champion()
	if g == nil {
		g, _ = s.aside()
	}
	switch {
	case g != nil && g.Model.Name != name:
		return g.is(name, "")
	case g == nil && s.cfg.Model != "" && s.cfg.Model != name:
		return problem(http.StatusNotFound, "unknown_model", "there is no model %q; there is %q", shown(name), s.cfg.Model)
	}
	if !load {
		s.unload()
		s.cfg.Log.Warn("model unloaded by an operator", "model", shown(name))
		return nil
	}
	s.restore()
	if err := s.Ready(); err != nil {
		return problem(http.StatusServiceUnavailable, "not_ready", "%v", err)
	}
	s.cfg.Log.Info("model loaded by an operator", "model", shown(name))
	return nil
}

// routeOf answers POST /v2/repository/models/NAME/load and /unload.
func (s repository) routeOf(name, verb string) route {
	return route{http.MethodPost, func(w http.ResponseWriter, r *http.Request, id string) outcome {
		p := unasked(r)
		if p == nil {
			p = s.move(r, name, verb == "load")
		}
		if p != nil {
			return s.refuse(w, id, s.champion(), p.flattened())
		}
		return s.reply(w, id, http.StatusOK, map[string]any{"name": name, verb: true}, s.champion())
	}}
}

// unasked reads the body of a request to load or unload. The only parameter that is taken
// is Triton's unload_dependents, for a model has none.
func unasked(r *http.Request) *Problem {
	const most = 4 << 10
	if r.ContentLength == 0 {
		return nil
	}
	if p := acceptable(r.Header); p != nil {
		return p
	}
	var asked struct {
		Parameters map[string]any `json:"parameters"`
	}
	b, err := plan.ReadAll(r.Body, "the body", most)
	if err == nil && len(b) > 0 {
		err = plan.Unmarshal(b, &asked)
	}
	delete(asked.Parameters, "unload_dependents")
	if err != nil || len(asked.Parameters) > 0 {
		return problem(http.StatusBadRequest, "not_offered",
			"want an empty body: what is loaded is the version that the registry and the endpoint's strategy say; approve, pin or "+
				"roll back a version to change it")
	}
	return nil
}

// callOf answers RepositoryModelLoad and RepositoryModelUnload.
func (s repository) callOf(call string) route {
	return route{http.MethodPost, func(w http.ResponseWriter, r *http.Request, id string) outcome {
		return s.call(w, r, id, func(message []byte) ([]byte, *Problem) {
			// KServe's message has the model's name first; Triton's has that of a repository
			// before it, which is empty.
			first, second, err := oip.DecodeNamed(message)
			if err != nil {
				return nil, problem(http.StatusBadRequest, "malformed_request", "%v", err)
			}
			name := first
			if second != "" {
				name = second
			}
			if p := s.move(r, name, call == loadCall); p != nil {
				return nil, p
			}
			return oip.AppendMoved(nil, name), nil
		})
	}}
}
