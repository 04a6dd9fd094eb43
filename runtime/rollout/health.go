package rollout

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// late is how long ago every endpoint was followed at least, where that is well.
const late = time.Minute

// health is when releases were last followed, and what is wrong since.
type health struct {
	mu      sync.Mutex
	tried   time.Time
	worked  time.Time
	problem string
}

func (h *health) note(at time.Time, problem string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tried, h.problem = at, problem
	if problem == "" {
		h.worked = at
	}
}

// Handler answers GET /health with 200 as long as Keep goes on, and GET /ready with 200
// where every endpoint was followed in the last minute; else with 503 and the reason.
func (r *Releaser) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		r.health.mu.Lock()
		defer r.health.mu.Unlock()
		r.answer(w, r.health.tried, "it does not go on: its last round was at "+r.health.tried.String())
	})
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		r.health.mu.Lock()
		defer r.health.mu.Unlock()
		r.answer(w, r.health.worked, r.health.problem)
	})
	return mux
}

func (r *Releaser) answer(w http.ResponseWriter, since time.Time, problem string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if r.cfg.Now().Sub(since) < late {
		fmt.Fprintln(w, "ok")
		return
	}
	if problem == "" {
		problem = "releases have not been followed yet"
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	fmt.Fprintln(w, problem)
}
