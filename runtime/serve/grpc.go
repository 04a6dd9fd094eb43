package serve

import (
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/oip"
)

// The Open Inference Protocol over gRPC. Its calls are unary, and such a call is
// an HTTP/2 request whose body is a message behind five bytes, answered with a
// message and two trailers. That is little enough to be a route like any other,
// with its limits, metrics and log, on the port that HTTP is on.

// service is what the paths of the protocol's calls begin with.
const service = "/inference.GRPCInferenceService/"

var typeGRPC = []string{"application/grpc"}

// Codes of google.rpc.Code.
const (
	grpcCancelled     = 1
	grpcInvalid       = 3
	grpcNotFound      = 5
	grpcDenied        = 7
	grpcExhausted     = 8
	grpcUnimplemented = 12
	grpcInternal      = 13
	grpcUnavailable   = 14
	grpcUnknownCaller = 16
)

// grpcCodes are the codes of problems, by their HTTP status.
var grpcCodes = map[int]int{
	http.StatusBadRequest: grpcInvalid, http.StatusUnprocessableEntity: grpcInvalid,
	http.StatusUnsupportedMediaType: grpcInvalid, http.StatusNotFound: grpcNotFound,
	http.StatusRequestEntityTooLarge: grpcExhausted, http.StatusMethodNotAllowed: grpcUnimplemented,
	http.StatusRequestTimeout: grpcCancelled, http.StatusInternalServerError: grpcInternal,
	http.StatusBadGateway: grpcUnavailable, http.StatusServiceUnavailable: grpcUnavailable,
	http.StatusUnauthorized: grpcUnknownCaller, http.StatusForbidden: grpcDenied,
	http.StatusTooManyRequests: grpcExhausted,
}

// writeGRPC answers with a problem: a status without a message.
func (p *Problem) writeGRPC(h http.Header) {
	h["Content-Type"] = typeGRPC
	h.Set("Grpc-Status", strconv.Itoa(grpcCodes[p.status]))
	h.Set("Grpc-Message", strings.ReplaceAll(url.QueryEscape(p.text()), "+", "%20"))
}

// grpcRoute finds the route of a call.
func (s *Server) grpcRoute(path string) (route, bool) {
	call, ok := strings.CutPrefix(path, service)
	if !ok {
		return route{}, false
	}
	answers := map[string]func(message []byte) ([]byte, *Problem){
		"ServerLive":     func([]byte) ([]byte, *Problem) { return oip.AppendFlag(nil, true), nil },
		"ServerReady":    func([]byte) ([]byte, *Problem) { return oip.AppendFlag(nil, s.Ready() == nil), nil },
		"ServerMetadata": func([]byte) ([]byte, *Problem) { m := metadata(s.cfg.Endpoint); return m.AppendProto(nil), nil },
		"ModelReady": func(message []byte) ([]byte, *Problem) {
			_, p := s.named(message)
			if p != nil && p.status != http.StatusServiceUnavailable {
				return nil, p
			}
			return oip.AppendFlag(nil, p == nil && s.Ready() == nil), nil
		},
		"ModelMetadata": func(message []byte) ([]byte, *Problem) {
			g, p := s.named(message)
			if p != nil {
				return nil, p
			}
			m := g.metadata()
			return m.AppendProto(nil), nil
		},
	}
	if call == "ModelInfer" {
		return route{http.MethodPost, func(w http.ResponseWriter, r *http.Request, id string) outcome {
			return s.respond(w, r, id, &remoteCall, "")
		}}, true
	}
	if call == loadCall || call == unloadCall {
		return repository{s}.callOf(call), true
	}
	answer, ok := answers[call]
	if !ok {
		return route{http.MethodPost, func(w http.ResponseWriter, _ *http.Request, id string) outcome {
			p := problem(http.StatusMethodNotAllowed, "not_offered", "the call %s is not offered", shown(call))
			p.form = asGRPC
			return s.refuse(w, id, nil, p)
		}}, true
	}
	return route{http.MethodPost, func(w http.ResponseWriter, r *http.Request, id string) outcome {
		return s.call(w, r, id, answer)
	}}, true
}

// call answers a call that predicts nothing. Its message is a name or two.
func (s *Server) call(w http.ResponseWriter, r *http.Request, id string,
	answer func([]byte) ([]byte, *Problem)) outcome {
	const most = 4 << 10
	message, p := []byte(nil), framed(r.Header)
	if p == nil {
		body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
		switch {
		case err != nil:
			p = problem(http.StatusBadRequest, "unreadable_body", "the message ended early")
		case len(body) > most:
			p = tooLarge(most)
		default:
			message, p = unframed(body)
		}
	}
	if p == nil {
		message, p = answer(message)
	}
	if p != nil {
		p.form = asGRPC
		return s.refuse(w, id, s.champion(), p)
	}
	w.Header()["Content-Type"] = typeGRPC
	w.Write(append(prefix(nil, len(message)), message...)) //nolint:errcheck // a client that has gone needs no answer
	w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
	return outcome{status: http.StatusOK, gen: s.champion()}
}

// named finds the model that a message names.
func (s *Server) named(message []byte) (*generation, *Problem) {
	name, version, err := oip.DecodeNamed(message)
	if err != nil {
		return nil, problem(http.StatusBadRequest, "malformed_request", "%v", err)
	}
	g := s.champion()
	if g == nil {
		return nil, problem(http.StatusServiceUnavailable, "not_ready", "no model is loaded yet")
	}
	return g, g.is(name, version)
}

// framed returns what is wrong with a call by its header.
func framed(h http.Header) *Problem {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	if kind = strings.TrimSpace(kind); kind != "application/grpc" && kind != "application/grpc+proto" {
		return problem(http.StatusUnsupportedMediaType, "unsupported_media_type",
			"calls are of the type application/grpc, in protobuf")
	}
	if e := h.Get("Grpc-Encoding"); e != "" && e != "identity" {
		return problem(http.StatusMethodNotAllowed, "unsupported_encoding",
			"messages are taken as they are, not compressed")
	}
	return nil
}

// prefix is what precedes a message of n bytes: no compression, and its length.
func prefix(out []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(append(out, 0), uint32(n)) //nolint:gosec // an answer is far smaller
}

// unframed returns the one message of a call's body.
func unframed(body []byte) ([]byte, *Problem) {
	const before = 5
	switch {
	case len(body) < before:
		return nil, problem(http.StatusBadRequest, "malformed_request", "the body has no message")
	case body[0] != 0:
		return nil, problem(http.StatusMethodNotAllowed, "unsupported_encoding",
			"messages are taken as they are, not compressed")
	case uint64(binary.BigEndian.Uint32(body[1:])) != uint64(len(body)-before):
		return nil, problem(http.StatusBadRequest, "malformed_request",
			"the body is not one message of the length that it says")
	}
	return body[before:], nil
}

// remoteCall is the dialect of ModelInfer.
var remoteCall = dialect{form: asGRPC, acceptable: framed,
	predict: func(w *worker, ctx context.Context, _ http.Header) (int, *Problem) {
		return inferring{w}.call(ctx)
	},
	finish: func(h http.Header) { h.Set(http.TrailerPrefix+"Grpc-Status", "0") },
	version: func(w *worker) string {
		message, p := unframed(w.body)
		if p != nil {
			return ""
		}
		_, version, err := oip.DecodeNamed(message)
		if err != nil {
			return ""
		}
		return version
	},
	entities: func(w *worker, _ http.Header, column string, take func([]byte)) bool {
		message, p := unframed(w.body)
		if p != nil {
			return false
		}
		in := inferring{w}
		in.begin()
		return in.understood(oip.DecodeProto(&w.message, message, in.bounds())) == nil &&
			in.tensorEntities(column, take)
	}}

// subject is whose name and version a request may give.
func (w *worker) subject() *generation {
	if w.addressed != nil {
		return w.addressed
	}
	return w.gen
}

// call reads w.body as a call of ModelInfer; see infer.
func (w inferring) call(ctx context.Context) (int, *Problem) {
	message, p := unframed(w.body)
	if p != nil {
		return 0, p
	}
	w.begin()
	if p := w.understood(oip.DecodeProto(&w.message, message, w.bounds())); p != nil {
		return 0, p
	}
	if p := w.subject().is(w.message.Model, w.message.Version); p != nil {
		return 0, p
	}
	rows, p := w.score(ctx)
	if p != nil {
		return 0, p
	}
	return rows, nil
}
