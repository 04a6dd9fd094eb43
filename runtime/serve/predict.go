package serve

import (
	"context"
	"net/http"
	"strconv"
)

// predict answers POST /predict.
func (s *Server) predict(w http.ResponseWriter, r *http.Request, id string) outcome {
	start := s.cfg.Now()
	g := s.current.Load()
	if g == nil {
		s.cfg.Metrics.failed(s.cfg.Endpoint, nil, http.StatusServiceUnavailable)
		return s.refuse(w, id, nil, problem(http.StatusServiceUnavailable, "not_ready", "no model is loaded yet"))
	}
	defer s.inFlight.Add(-1)
	if n := s.inFlight.Add(1); n > int64(s.cfg.MaxInFlight) {
		g.metrics.errors[http.StatusServiceUnavailable].Inc()
		return s.refuse(w, id, g, problem(http.StatusServiceUnavailable, "overloaded", "%d predictions are under way; try again shortly", s.cfg.MaxInFlight))
	}
	g.metrics.inFlight.Inc()
	defer g.metrics.inFlight.Dec()
	worker := g.workers.Get().(*worker) //nolint:forcetypeassert // the pool holds nothing else
	rows, p := s.answer(worker, r)
	if p != nil {
		worker.release()
		s.cfg.Metrics.failed(s.cfg.Endpoint, g, p.status)
		if p.status == http.StatusRequestEntityTooLarge || p.status == http.StatusRequestTimeout {
			w.Header()["Connection"] = closing // what is left of the body is not worth reading
		}
		return s.refuse(w, id, g, p)
	}
	h := w.Header()
	h["Content-Type"] = typeJSON
	if len(worker.out) > 2000 { // below, net/http counts
		h.Set("Content-Length", strconv.Itoa(len(worker.out)))
	}
	g.metrics.predictions.Add(float64(rows))
	g.metrics.durations.Observe(s.cfg.Now().Sub(start).Seconds())
	w.Write(worker.out) //nolint:errcheck // a client that has gone needs no answer
	worker.release()
	return outcome{status: http.StatusOK, rows: rows, gen: g}
}

// answer reads and predicts one request.
func (s *Server) answer(w *worker, r *http.Request) (int, *Problem) {
	if p := acceptable(r.Header); p != nil {
		return 0, p
	}
	if p := w.read(r); p != nil {
		return 0, p
	}
	if len(w.body) < longBody {
		return w.predict(r.Context())
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.limits.timeout)
	defer cancel()
	return w.predict(ctx)
}

// longBody is the size from which a body could take longer to predict than a
// timeout is worth arming for.
const longBody = 32 << 10
