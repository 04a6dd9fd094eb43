package serve

import (
	"bytes"
	"context"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/assign"
)

// through scores a request whose body is in the worker, by the lane that it is
// assigned to. It returns the worker whose answer it is; the other one is back in
// its pool.
func (s *Server) through(m *moving, w *worker, r *http.Request, in *dialect, version string,
	start time.Time) (*worker, int, *Problem) {
	ctx := r.Context()
	i, counted := m.choose(w, r.Header, in, version)
	if i > 0 {
		l := &m.lanes[i]
		other := l.gen.workers.Get().(*worker) //nolint:forcetypeassert // the pool holds nothing else
		w.body, other.body = other.body, w.body
		other.addressed, other.traced = w.gen, w.traced
		if version != "" {
			other.addressed = nil
		}
		rows, p := other.attemptWithin(ctx, in, r.Header)
		if p == nil {
			w.release()
			if counted {
				l.tally.answer(s.cfg.Now().Sub(start))
			}
			l.compare(other, in, r.Header)
			return other, rows, nil
		}
		w.body, other.body = other.body, w.body
		if p.cause != "" {
			s.cfg.Log.Error("a version panicked; another answers in its place", "version", l.gen.Version,
				"cause", p.cause)
		} else {
			other.release()
		}
		rows, q := w.attemptWithin(ctx, in, r.Header)
		if q != nil {
			return w, 0, q // neither answers: it is the request that is at fault
		}
		l.tally.fail()
		l.gen.metrics.fallbacks.Inc()
		return w, rows, nil
	}
	l := &m.lanes[0]
	rows, p := w.attemptWithin(ctx, in, r.Header)
	switch {
	case p == nil:
		if counted {
			l.tally.answer(s.cfg.Now().Sub(start))
		}
		l.compare(w, in, r.Header)
	case p.status >= http.StatusInternalServerError && counted:
		l.tally.fail()
	}
	return w, rows, p
}

// choose assigns a request to a lane, and says whether it counts: it does unless
// the request names a version, or has nothing to be assigned by.
func (m *moving) choose(w *worker, h http.Header, in *dialect, version string) (int, bool) {
	if version == "" && in.version != nil {
		version = in.version(w)
	}
	if version != "" {
		for i := range m.lanes {
			if strconv.Itoa(m.lanes[i].gen.Version) == version {
				return i, false
			}
		}
		return 0, false // which says that it is not served
	}
	if len(m.lanes) == 1 {
		return 0, true
	}
	if m.by != nil {
		return m.by.lane(w, h, in, m.shares)
	}
	at := max(0, assign.Variant(m.random(), m.shares))
	for i := 1; i < len(m.lanes); i++ {
		m.lanes[i].tally.assign(i == at, m.shares[i])
	}
	return at, true
}

// compare offers an answered request for comparison.
func (l *lane) compare(w *worker, in *dialect, h http.Header) {
	if l.partner != nil {
		l.comparer.offer(l, w, in, h)
	}
}

// attemptWithin is attempt within the endpoint's timeout, where the body is one
// that may take longer.
func (w *worker) attemptWithin(ctx context.Context, in *dialect, h http.Header) (int, *Problem) {
	if len(w.body) >= longBody || bytes.Contains(w.body, explainKey) || w.gen.Model.Remote != nil {
		within, cancel := context.WithTimeout(ctx, w.limits.timeout)
		defer cancel()
		ctx = within
	}
	return w.attempt(ctx, in, h)
}

// attempt scores the body, notes what each row is answered, and turns a panic into
// a problem. A worker that panicked must not be used again.
func (w *worker) attempt(ctx context.Context, in *dialect, h http.Header) (rows int, p *Problem) {
	defer func() {
		if cause := recover(); cause != nil {
			p = problem(http.StatusInternalServerError, "internal",
				"something went wrong here; the log has it under the request id")
			p.cause = string(debug.Stack())
		}
	}()
	w.noting, w.noted, w.header = true, w.noted[:0], 0
	return w.ask(ctx, in, h)
}
