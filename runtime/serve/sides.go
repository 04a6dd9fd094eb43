package serve

import (
	"net/http"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/judge/peers"
)

// An endpoint has two sides: callers, who ask for predictions, and operators, who watch.
// Where each has an address of its own, a network lets callers reach one of them alone.

// operated are the paths of operators, and shared those of both, which probes ask and
// which say nothing of anybody.
var (
	operated = map[string]bool{"/metrics": true, "/drift": true, previewPath: true, peers.JudgePath: true,
		peers.ObservationsPath: true}
	shared = map[string]bool{"/health": true, "/ready": true, "/v2/health/live": true, "/v2/health/ready": true,
		service + "ServerLive": true, service + "ServerReady": true}
)

// side answers the paths of one side, and 404 to the others'.
type side struct {
	*Server
	operators bool
}

// Callers answers requests for predictions, and what says how to ask for them: /predict,
// the inference protocols, /schema and /openapi.json.
func Callers(s *Server) http.Handler { return side{s, false} }

// Operators answers /metrics, /drift, the preview of a version, whoever steers a release,
// and requests to load and unload the model.
func Operators(s *Server) http.Handler { return side{s, true} }

// ServeHTTP passes on what is of this side.
func (v side) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(r.URL.Path, "/")
	switch {
	case v.operators && moves(path):
		v.serve(w, byOperator(r))
		return
	case shared[path] || !moves(path) && operated[path] == v.operators:
		v.serve(w, r)
		return
	}
	p := problem(http.StatusNotFound, "not_found", "this address answers callers; operators have another one")
	if v.operators {
		p = problem(http.StatusNotFound, "not_found", "this address answers operators; callers have another one")
	}
	turnDown(v.Server, w, r, p)
}
