package serve

import (
	"encoding/json"
	"net/http"
)

// health is what /health and /ready answer.
type health struct {
	Status   string `json:"status"`
	Reason   string `json:"reason,omitempty"`
	Endpoint string `json:"endpoint,omitempty"`
	Model    string `json:"model,omitempty"`
	Version  int    `json:"version,omitempty"`
	Digest   string `json:"digest,omitempty"`
}

// status returns the body that both probes share, and the generation that it
// describes: loaded once, so that name, version and digest belong together even
// while Swap runs.
func (s *Server) status(status string) (health, *generation) {
	out := health{Status: status, Endpoint: s.cfg.Endpoint}
	g := s.champion()
	if g != nil {
		out.Model, out.Version, out.Digest = g.Model.Name, g.Version, g.Digest
	}
	return out, g
}

// health answers GET /health: whether the process works at all. It says so
// without a model too; a restart would not help there.
func (s *Server) health(w http.ResponseWriter, _ *http.Request, id string) outcome {
	body, g := s.status("healthy")
	return s.reply(w, id, http.StatusOK, body, g)
}

// ready answers GET /ready: whether requests should be sent here.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request, id string) outcome {
	body, g := s.status("ready")
	if err := s.Ready(); err != nil {
		body.Status, body.Reason = "not ready", err.Error()
		return s.reply(w, id, http.StatusServiceUnavailable, body, g)
	}
	return s.reply(w, id, http.StatusOK, body, g)
}

// schema answers GET /schema and /openapi.json.
// The document was encoded when the generation was built; the answer is a copy
// of those bytes, whoever asks.
func (s *Server) schema(w http.ResponseWriter, _ *http.Request, id string) outcome {
	g := s.champion()
	if g == nil {
		return s.refuse(w, id, nil, problem(http.StatusServiceUnavailable, "not_ready",
			"no model is loaded yet, so there is no schema"))
	}
	w.Header()["Content-Type"] = typeJSON
	w.Write(g.openapi) //nolint:errcheck // a client that has gone needs no answer
	return outcome{status: http.StatusOK, gen: g}
}

// drift answers GET /drift.
func (s *Server) drift(w http.ResponseWriter, _ *http.Request, id string) outcome {
	if s.cfg.Drift == nil {
		return s.refuse(w, id, nil, problem(http.StatusNotFound, "no_drift",
			"drift is not watched here; give the endpoint a drift section in the blueprint"))
	}
	return s.reply(w, id, http.StatusOK, s.cfg.Drift(), s.champion())
}

// reply answers with a value as JSON.
// The value is encoded before any header is sent, so that one that cannot be
// encoded, such as a report with NaN in it, is a 500 and not a cut-off 200.
func (s *Server) reply(w http.ResponseWriter, id string, status int, v any, g *generation) outcome {
	body, err := json.Marshal(v)
	if err != nil {
		s.cfg.Log.Error("answer does not encode", "request_id", id, "error", err)
		return s.refuse(w, id, g, problem(http.StatusInternalServerError, "internal",
			"the answer could not be written; the log has it under the request id"))
	}
	w.Header()["Content-Type"] = typeJSON
	w.WriteHeader(status)
	w.Write(append(body, '\n')) //nolint:errcheck // a client that has gone needs no answer
	return outcome{status: status, gen: g}
}
