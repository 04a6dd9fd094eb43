package serve

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Below is what the paths of an endpoint begin with where a process serves several: its
// name follows, and then the path that it has alone.
const Below = "/endpoints/"

// Many is the site of several endpoints. Each answers below its own path. Requests of the
// inference protocols name a model, and go to the endpoint that serves it; what is there
// is listed for all endpoints that admit the caller. The process is ready when each
// endpoint is, and /health and /metrics are of all.
type Many struct {
	Servers []*Server // one or more, which share a registry of metrics
	// Side is what is answered of each: Server.Handler, Callers or Operators.
	Side func(*Server) http.Handler
	// Root answers the paths that name no endpoint and no model, such as /predict; nil:
	// nobody does, and the answer says where to ask.
	Root *Server
}

// ServeHTTP passes a request on to the endpoint that it is for.
func (m *Many) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case len(m.Servers) == 1 && !strings.HasPrefix(path, Below):
		m.pass(w, r, m.Servers[0])
	case strings.HasPrefix(path, Below):
		m.below(w, r)
	case path == "/ready" || path == "/v2/health/ready" || path == service+"ServerReady":
		m.pass(w, r, m.hindmost())
	case path == "/health" || path == "/metrics" || path == "/v2" || path == "/v2/health/live" ||
		path == service+"ServerLive" || path == service+"ServerMetadata":
		m.pass(w, r, m.Servers[0])
	case path == "/v2/models" || path == "/v1/models" || path == "/v2/repository/index":
		m.listed(w, r)
	case strings.HasPrefix(path, service):
		m.called(w, r)
	case flat(path):
		m.ofModel(w, r, modelIn(r.URL))
	case m.Root != nil:
		m.pass(w, r, m.Root)
	default:
		turnDown(m.Servers[0], w, r, problem(http.StatusNotFound, "not_found",
			"several endpoints answer here: ask %s", m.places(path, m.Servers)))
	}
}

func (m *Many) pass(w http.ResponseWriter, r *http.Request, s *Server) { m.Side(s).ServeHTTP(w, r) }

// hindmost is an endpoint that is not ready, or any where all are.
func (m *Many) hindmost() *Server {
	for _, s := range m.Servers {
		if s.Ready() != nil {
			return s
		}
	}
	return m.Servers[0]
}

// below passes on what names an endpoint, without its name.
func (m *Many) below(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Below), "/")
	for _, s := range m.Servers {
		if s.cfg.Endpoint == name {
			http.StripPrefix(Below+name, m.Side(s)).ServeHTTP(w, r)
			return
		}
	}
	turnDown(m.Servers[0], w, r, problem(http.StatusNotFound, "unknown_endpoint",
		"there is no endpoint %q; there are %s", shown(name), m.places("", m.Servers)))
}

// places are the paths at which the servers answer what is asked at path.
func (m *Many) places(path string, servers []*Server) string {
	var out []string
	for _, s := range servers {
		out = append(out, Below+s.cfg.Endpoint+path)
	}
	return strings.Join(out, ", ")
}

// ofModel passes on what names a model to the one endpoint of it.
func (m *Many) ofModel(w http.ResponseWriter, r *http.Request, name string) {
	var serving []*Server
	for _, s := range m.Servers {
		if modelOf(s) == name {
			serving = append(serving, s)
		}
	}
	var p *Problem
	switch len(serving) {
	case 1:
		m.pass(w, r, serving[0])
		return
	case 0:
		var names []string
		for _, s := range m.Servers {
			names = append(names, modelOf(s))
		}
		slices.Sort(names)
		p = problem(http.StatusNotFound, "unknown_model", "there is no model %q; there are %s", shown(name),
			strings.Join(slices.Compact(names), ", "))
	default:
		p = problem(http.StatusBadRequest, "ambiguous_model", "several endpoints serve the model %q: ask %s", shown(name),
			m.places("", serving))
	}
	turnDown(m.Servers[0], w, r, p)
}

// modelOf is the name of the model that is served, or is to be.
func modelOf(s *Server) string {
	if g := s.champion(); g != nil {
		return g.Model.Name
	}
	return s.cfg.Model
}

// modelIn is the model that a path of the inference protocols names; "": none.
func modelIn(u *url.URL) string {
	parts := strings.Split(u.EscapedPath(), "/")
	for i, p := range parts[:len(parts)-1] {
		if p != "models" {
			continue
		}
		name, err := url.PathUnescape(parts[i+1])
		if err != nil {
			return ""
		}
		name, _ = strings.CutSuffix(name, ":predict")
		return name
	}
	return ""
}

// listed answers what there is: the lists of all endpoints that answer, as one. Where none
// does, the first one's refusal is the answer.
func (m *Many) listed(w http.ResponseWriter, r *http.Request) {
	const most = 4 << 10 // see readyOnly
	body, err := readAtMost(r.Body, most)
	if err != nil {
		p := problem(http.StatusBadRequest, "unreadable_body", "the body ended early, or has more than %d bytes", most)
		turnDown(m.Servers[0], w, r, p)
		return
	}
	var refused *kept
	all, names := []json.RawMessage{}, []string{}
	for _, s := range m.Servers {
		one := &kept{header: http.Header{}, status: http.StatusOK}
		m.pass(one, again(r, body), s)
		var list struct {
			Models []string `json:"models"`
		}
		var index []json.RawMessage
		switch {
		case one.status != http.StatusOK:
			refused = cmp.Or(refused, one)
			continue
		case json.Unmarshal(one.body.Bytes(), &index) == nil:
			all = append(all, index...)
		case json.Unmarshal(one.body.Bytes(), &list) == nil:
			names = append(names, list.Models...)
		}
		refused = &kept{}
	}
	if refused != nil && refused.status != 0 {
		refused.send(w)
		return
	}
	var answer any = all
	if strings.HasSuffix(r.URL.Path, "/models") {
		slices.Sort(names)
		answer = map[string][]string{"models": slices.Compact(names)}
	}
	s := m.Servers[0]
	s.reply(w, begin(s, w, r), http.StatusOK, answer, nil)
}
