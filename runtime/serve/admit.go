package serve

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/access"
	"github.com/ashlar-dev/ashlar/runtime/judge/peers"
)

// Access decides who may ask; *access.Door is one.
type Access interface {
	// Admit returns who asks, or why they are not admitted. It reads no body.
	Admit(r *http.Request) (caller string, refused *access.Refusal)
}

// forEverybody are the paths that nobody has to say who they are for: those that probes,
// Prometheus and whoever steers a roll-out ask, who learn counts and times but no row, and
// what people look at. Callers reach the others.
var forEverybody = map[string]bool{
	"/health": true, "/ready": true, "/metrics": true, "/drift": true,
	peers.JudgePath: true, peers.ObservationsPath: true,
	"/v2/health/live": true, "/v2/health/ready": true,
	service + "ServerLive": true, service + "ServerReady": true,
}

// admitted answers a request whose route is known, if whoever sends it may ask. A
// request that may not is answered before its body is read, and its connection is
// closed where there is a body: reading that would be work for a stranger.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request, id string, rt route, start time.Time) outcome {
	if s.cfg.Access == nil || forEverybody[strings.TrimSuffix(r.URL.Path, "/")] || operates(r) {
		return s.handled(w, r, id, rt, start)
	}
	_, span := witness{s}.within(r, "admission")
	caller, refused := s.cfg.Access.Admit(r)
	if refused != nil && refused.Status >= http.StatusInternalServerError {
		span.Fail(refused.Code)
	}
	span.End()
	if refused == nil {
		out := s.handled(w, r, id, rt, start)
		out.caller = caller
		return out
	}
	p := &Problem{status: refused.Status, Code: refused.Code, Message: refused.Message,
		form: formOf(r.URL.Path), challenge: refused.Challenge()}
	if refused.RetryAfter > 0 {
		p.retry = strconv.FormatInt(int64((refused.RetryAfter+time.Second-1)/time.Second), 10)
	}
	if r.ContentLength != 0 && r.ProtoMajor == 1 && refused.Status != http.StatusTooManyRequests {
		w.Header()["Connection"] = closing
	}
	if predicts(r.URL.Path) {
		s.cfg.Metrics.failed(s.cfg.Endpoint, s.champion(), p.status)
	}
	out := s.refuse(w, id, s.champion(), p)
	out.caller = caller
	return out
}
