package serve

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/oip"
)

// The Open Inference Protocol, version 2, and KServe's version 1, beside /predict.
// An endpoint is a repository of one model with one version, that which is served.

// flat reports whether a path is of a protocol whose errors are {"error": text}.
func flat(path string) bool {
	return path == "/v2" || strings.HasPrefix(path, "/v2/") || path == "/v1/models" ||
		strings.HasPrefix(path, "/v1/models/")
}

// formOf is the form of errors below a path.
func formOf(path string) form {
	switch {
	case strings.HasPrefix(path, service):
		return asGRPC
	case flat(path):
		return asText
	}
	return asJSON
}

// predicts reports whether a path is one that rows are predicted at.
func predicts(path string) bool {
	return path == "/predict" || path == service+"ModelInfer" || flat(path) &&
		(strings.HasSuffix(path, "/infer") || strings.HasSuffix(path, ":predict"))
}

// found is the route that was found last for predictions by an inference protocol:
// nearly all requests have the path of the one before.
type found struct {
	path  string
	route route
}

// longPath is the length from which a path is not remembered.
const longPath = 256

// protocol finds the route of a path of the inference protocols. It depends on the path
// alone, as it is sent.
func (s *Server) protocol(r *http.Request) (route, bool) {
	path := r.URL.Path
	if !flat(path) {
		return s.grpcRoute(path)
	}
	if last := s.found.Load(); last != nil && last.path == path && r.URL.RawPath == "" {
		return last.route, true
	}
	rt, ok := s.parse(r)
	if ok && r.URL.RawPath == "" && len(path) < longPath && predicts(path) {
		s.found.Store(&found{path, rt})
	}
	return rt, ok
}

// parse finds the route of a path that begins with /v1 or /v2.
func (s *Server) parse(r *http.Request) (route, bool) {
	get := func(answer func() any) (route, bool) {
		return route{http.MethodGet, func(w http.ResponseWriter, _ *http.Request, id string) outcome {
			return s.reply(w, id, http.StatusOK, answer(), s.champion())
		}}, true
	}
	// The escaped path is what is split, since a model's name may hold a slash.
	parts := strings.Split(strings.TrimSuffix(r.URL.EscapedPath(), "/"), "/")[1:]
	for i, p := range parts {
		plain, err := url.PathUnescape(p)
		if err != nil {
			return route{}, false
		}
		parts[i] = plain
	}
	switch rest := parts[1:]; {
	case parts[0] == "v1":
		return s.first(rest)
	case len(rest) == 0:
		return get(func() any { return metadata(s.cfg.Endpoint) })
	case slices.Equal(rest, []string{"health", "live"}):
		return get(func() any { return map[string]bool{"live": true} })
	case slices.Equal(rest, []string{"health", "ready"}):
		return s.readiness(func() any { return map[string]bool{"ready": true} }), true
	case slices.Equal(rest, []string{"models"}):
		return get(func() any { return map[string][]string{"models": s.modelNames()} })
	case slices.Equal(rest, []string{"repository", "index"}):
		return route{http.MethodPost, s.index}, true
	case len(rest) == 4 && rest[0] == "repository" && rest[1] == "models" && (rest[3] == "load" || rest[3] == "unload"):
		return repository{s}.routeOf(rest[2], rest[3]), true
	case len(rest) >= 2 && rest[0] == "models":
		return s.ofModel(rest[1], rest[2:])
	}
	return route{}, false
}

// ofModel finds the route below /v2/models/NAME.
func (s *Server) ofModel(name string, rest []string) (route, bool) {
	version := ""
	if len(rest) >= 2 && rest[0] == "versions" {
		version, rest = rest[1], rest[2:]
	}
	switch {
	case len(rest) == 0:
		return route{http.MethodGet, s.described(name, version)}, true
	case len(rest) > 1:
	case rest[0] == "ready":
		answer := s.readiness(func() any { return map[string]any{"name": name, "ready": true} })
		return route{http.MethodGet, s.known(name, version, answer.handle)}, true
	case rest[0] == "infer":
		return route{http.MethodPost, s.known(name, version, func(w http.ResponseWriter, r *http.Request,
			id string) outcome {
			return s.respond(w, r, id, &inference, version)
		})}, true
	}
	return route{}, false
}

// first finds the route of KServe's protocol, version 1, below /v1.
func (s *Server) first(rest []string) (route, bool) {
	switch {
	case slices.Equal(rest, []string{"models"}):
		return route{http.MethodGet, func(w http.ResponseWriter, _ *http.Request, id string) outcome {
			return s.reply(w, id, http.StatusOK, map[string][]string{"models": s.modelNames()}, s.champion())
		}}, true
	case len(rest) != 2 || rest[0] != "models":
		return route{}, false
	}
	if name, ok := strings.CutSuffix(rest[1], ":predict"); ok {
		return route{http.MethodPost, s.known(name, "",
			func(w http.ResponseWriter, r *http.Request, id string) outcome {
				return s.respond(w, r, id, &instances, "")
			})}, true
	}
	answer := s.readiness(func() any { return map[string]any{"name": rest[1], "ready": true} })
	return route{http.MethodGet, s.known(rest[1], "", answer.handle)}, true
}

func (s *Server) modelNames() []string {
	if g := s.champion(); g != nil {
		return []string{g.Model.Name}
	}
	return []string{}
}

// known lets a request pass that names the model that is served, and its version
// or none.
func (s *Server) known(name, version string,
	next func(http.ResponseWriter, *http.Request, string) outcome) func(http.ResponseWriter,
	*http.Request, string) outcome {
	return func(w http.ResponseWriter, r *http.Request, id string) outcome {
		if t := s.serving.Load(); t != nil { // else next says that nothing is served
			if p := t.is(name, version); p != nil {
				return s.refuse(w, id, t.main, p.flattened())
			}
		}
		return next(w, r, id)
	}
}

// is returns a problem unless the generation is the version of that name, or of
// any where none is named.
func (g *generation) is(name, version string) *Problem {
	switch {
	case g.Model.Name != name:
		return problem(http.StatusNotFound, "unknown_model", "there is no model %q; there is %q",
			shown(name), g.Model.Name)
	case version != "" && version != strconv.Itoa(g.Version):
		return problem(http.StatusNotFound, "unknown_version", "version %q of the model is not served; version %d is",
			shown(version), g.Version)
	}
	return nil
}

// is returns a problem unless a version that is routed to is the one of that name.
func (t *routing) is(name, version string) *Problem {
	p := t.main.is(name, version)
	if p == nil || version == "" || t.moving == nil {
		return p
	}
	for i := range t.moving.lanes {
		if t.moving.shares[i] > 0 && t.moving.lanes[i].gen.is(name, version) == nil {
			return nil
		}
	}
	return p
}

// metadata describes the server of an endpoint.
func metadata(endpoint string) oip.Server {
	return oip.Server{Name: endpoint, Version: "2", Extensions: []string{oip.BinaryData, oip.Repository}}
}

// readiness answers while the endpoint can take requests, else 503 with the
// reason.
func (s *Server) readiness(answer func() any) route {
	return route{http.MethodGet, func(w http.ResponseWriter, _ *http.Request, id string) outcome {
		if err := s.Ready(); err != nil {
			return s.refuse(w, id, s.champion(),
				problem(http.StatusServiceUnavailable, "not_ready", "%v", err).flattened())
		}
		return s.reply(w, id, http.StatusOK, answer(), s.champion())
	}}
}

// described answers a model's metadata.
func (s *Server) described(name, version string) func(http.ResponseWriter, *http.Request, string) outcome {
	return s.known(name, version, func(w http.ResponseWriter, _ *http.Request, id string) outcome {
		g := s.champion()
		if g == nil {
			return s.refuse(w, id, nil, problem(http.StatusServiceUnavailable, "not_ready",
				"no model is loaded yet").flattened())
		}
		return s.reply(w, id, http.StatusOK, g.metadata(), g)
	})
}

// metadata describes the model's tensors: one an input, of any number of rows.
func (g *generation) metadata() oip.Model {
	m := oip.Model{Name: g.Model.Name, Versions: []string{strconv.Itoa(g.Version)},
		Platform: "ashlar_" + g.Model.Algorithm}
	for _, in := range g.inputs {
		m.Inputs = append(m.Inputs, oip.Metadata{Name: in.name, Datatype: datatypeOf(in.kind), Shape: []int{-1}})
	}
	if len(g.labels) == 0 {
		m.Outputs = []oip.Metadata{{Name: predictionOutput, Datatype: oip.FP64, Shape: []int{-1}}}
		return m
	}
	m.Outputs = []oip.Metadata{
		{Name: predictionOutput, Datatype: oip.Bytes, Shape: []int{-1}},
		{Name: probabilityOutput, Datatype: oip.FP64, Shape: []int{-1}},
		{Name: probabilitiesOutput, Datatype: oip.FP64, Shape: []int{-1, len(g.labels)}},
	}
	return m
}

// datatypeOf is the type of tensor that an input of the kind says it wants; any
// other that holds such a value is taken too.
func datatypeOf(kind plan.ColumnType) oip.Datatype {
	switch kind {
	case plan.Number:
		return oip.FP64
	case plan.Integer:
		return oip.Int64
	case plan.Boolean:
		return oip.Bool
	default:
		return oip.Bytes
	}
}

// index answers what there is, whether it is ready or not. The request's body
// may ask for what is ready only; since there is one version and no more, that
// changes nothing unless the endpoint is not ready.
func (s *Server) index(w http.ResponseWriter, r *http.Request, id string) outcome {
	only, p := readyOnly(r)
	if p != nil {
		return s.refuse(w, id, nil, p.flattened())
	}
	g := s.champion()
	if g == nil {
		g, _ = repository{s}.aside()
	}
	list := []oip.Indexed{}
	if g != nil {
		entry := oip.Indexed{Name: g.Model.Name, Version: strconv.Itoa(g.Version), State: "READY"}
		if err := s.Ready(); err != nil {
			entry.State, entry.Reason = "UNAVAILABLE", err.Error()
		}
		if entry.State == "READY" || !only {
			list = append(list, entry)
		}
	}
	return s.reply(w, id, http.StatusOK, list, g)
}

// readyOnly reads the body of a request for the index.
func readyOnly(r *http.Request) (bool, *Problem) {
	const most = 4 << 10
	var asked struct {
		Ready bool `json:"ready"`
	}
	if r.ContentLength == 0 {
		return false, nil
	}
	if p := acceptable(r.Header); p != nil {
		return false, p
	}
	b, err := plan.ReadAll(r.Body, "the body", most)
	if err == nil {
		err = plan.Unmarshal(b, &asked)
	}
	if err != nil {
		return false, problem(http.StatusBadRequest, "malformed_json",
			`want {"ready": true}, or an empty body; at most %d bytes`, most)
	}
	return asked.Ready, nil
}
