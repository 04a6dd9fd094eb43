package serve

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"
)

// predict answers POST /predict.
func (s *Server) predict(w http.ResponseWriter, r *http.Request, id string) outcome {
	return s.respond(w, r, id, &features, "")
}

// respond answers a request for predictions, in whatever dialect. The version is
// the one that its path names, or empty.
//
// The routing is loaded once and used to the end, so that a Route in between
// changes neither the answer nor the metrics that it is counted under. A worker
// that a panic interrupts is not put back: its scorer's state is unknown, and
// the pool makes another.
func (s *Server) respond(w http.ResponseWriter, r *http.Request, id string, in *dialect, version string) outcome {
	t := s.serving.Load()
	if t == nil {
		s.cfg.Metrics.failed(s.cfg.Endpoint, nil, http.StatusServiceUnavailable)
		p := problem(http.StatusServiceUnavailable, "not_ready", "no model is loaded yet")
		p.form = in.form
		return s.refuse(w, id, nil, p)
	}
	return s.respondBy(t, w, r, id, in, version)
}

// respondBy is respond with a routing of its own.
func (s *Server) respondBy(t *routing, w http.ResponseWriter, r *http.Request, id string, in *dialect,
	version string) outcome {
	start := s.cfg.Now()
	from := clientIn(r.Context())
	memory := s.claim(from)
	defer memory.release()
	worker := t.main.workers.Get().(*worker) //nolint:forcetypeassert // the pool holds nothing else
	worker.patient, worker.quiet = t.moving != nil && t.moving.slow, t.aside
	worker.traced = s.cfg.Tracer.On()
	worker, rows, p := s.answer(t, worker, w, r, &memory, from, in, version, start)
	g := worker.gen
	// The problem holds no memory of the worker, so the worker can be
	// reused before the answer is written. On success it cannot.
	if p != nil {
		if p.cause != "" {
			s.cfg.Log.Error("request panicked", "request_id", id, "stack", p.cause)
		} else {
			worker.release()
		}
		if p.form = in.form; p.form == asText && p.status == http.StatusUnprocessableEntity {
			p.status = http.StatusBadRequest // as inference protocols answer whatever is wrong
		}
		if !t.aside {
			s.cfg.Metrics.failed(s.cfg.Endpoint, g, p.status)
		}
		if p.status == http.StatusRequestEntityTooLarge || p.status == http.StatusRequestTimeout {
			w.Header()["Connection"] = closing // what is left of the body is not worth reading
		}
		return s.refuse(w, id, g, p)
	}
	h := w.Header()
	h["Content-Type"] = typeJSON
	if worker.header > 0 {
		h["Content-Type"] = typeBytes
		h.Set(headerLength, strconv.Itoa(worker.header))
	}
	if in.finish != nil {
		h["Content-Type"] = typeGRPC
	}
	// net/http buffers 2048 bytes and sets the length itself if the answer fits;
	// a longer one would be sent chunked. Only long answers are claimed: a client
	// that reads slowly keeps them in memory until the write ends.
	if len(worker.out) > 2000 { // below, net/http counts
		h.Set("Content-Length", strconv.Itoa(len(worker.out)))
		memory.add(len(worker.out))
	}
	if !t.aside {
		worker.count(r, rows, s.cfg.Now().Sub(start).Seconds())
	}
	w.Write(worker.out) //nolint:errcheck // a client that has gone needs no answer
	if in.finish != nil {
		in.finish(h)
	}
	worker.release()
	return outcome{status: http.StatusOK, rows: rows, gen: g}
}

// answer reads one request, and predicts it once all of it is there. It returns
// the worker that holds the answer, which is another one where another version than
// the worker's has answered.
// The slot is taken after the body is read and given back before the answer is
// written; see enter. A short body gets no timer of its own: the connection's
// deadlines bound it, and arming a timer costs as much as scoring a row.
func (s *Server) answer(t *routing, w *worker, to http.ResponseWriter, r *http.Request, memory *claim,
	from *client, in *dialect, version string, start time.Time) (*worker, int, *Problem) {
	w.header = 0
	if p := in.acceptable(r.Header); p != nil {
		return w, 0, p
	}
	if p := w.read(to, r, memory); p != nil {
		return w, 0, p
	}
	if p := s.enter(w.gen, from); p != nil {
		return w, 0, p
	}
	defer s.leave(w.gen, from)
	if t.moving != nil {
		return s.through(t.moving, w, r, in, version, start)
	}
	if len(w.body) < longBody && !bytes.Contains(w.body, explainKey) {
		rows, p := w.ask(r.Context(), in, r.Header)
		return w, rows, p
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.limits.timeout)
	defer cancel()
	rows, p := w.ask(ctx, in, r.Header)
	return w, rows, p
}

// longBody is the size from which a body could take longer to predict than a
// timeout is worth arming for.
const longBody = 32 << 10
