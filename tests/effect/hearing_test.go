package effect

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// doubleURL is in blueprints for a server that answers each request with
// success and remembers it.
const doubleURL = "http://double.invalid"

// hearing is what such a server was asked.
type hearing struct {
	mu   sync.Mutex
	said []string
}

// listen starts the server and returns its URL.
func (l *lab) listen() string {
	l.heard = &hearing{}
	server := httptest.NewServer(l.heard)
	l.Cleanup(server.Close)
	return server.URL
}

func (h *hearing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if discovered(w, r) {
		return
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	h.mu.Lock()
	h.said = append(h.said, fmt.Sprintf("%s %s?%s %s", r.Method, r.URL.Path, r.URL.RawQuery, body))
	h.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"experiment": {"experiment_id": "1"}, "experiment_id": "1", "run": {"info": {"run_id": "r1"}}}`)
}

// told builds, runs the pipeline counting, and returns which requests the
// double had, without their numbers and times.
func told(l *lab) string {
	out, _ := l.run("up", "--build")
	again, _ := l.run("pipeline", "run", "counting")
	l.heard.mu.Lock()
	defer l.heard.mu.Unlock()
	said := slices.Clone(l.heard.said)
	for i, s := range said {
		path, body, _ := strings.Cut(s, " {")
		names := []string{}
		for _, word := range []string{"lending", "elsewhere", "acme", "other", "oncall"} {
			if strings.Contains(body, word) {
				names = append(names, word)
			}
		}
		said[i] = fmt.Sprintf("%s %v", scrub(path), names)
	}
	slices.Sort(said)
	var notices []string
	for line := range strings.Lines(out + again) {
		if strings.Contains(line, "hear") || strings.Contains(line, "told") {
			notices = append(notices, scrub(line))
		}
	}
	return strings.Join(slices.Compact(said), "\n") + "\n" + strings.Join(notices, "")
}
