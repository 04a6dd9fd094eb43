package serve_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// TestEachSideAnswersItsOwnPathsAlone asks both for every path.
func TestEachSideAnswersItsOwnPathsAlone(t *testing.T) {
	s := serving(t, loans(t), serve.Config{Drift: func() any { return 1 },
		Release: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
	for _, c := range []struct {
		method, path       string
		callers, operators bool
	}{
		{"POST", "/predict", true, false}, {"GET", "/schema", true, false}, {"GET", "/openapi.json", true, false},
		{"GET", "/v2", true, false}, {"GET", "/v2/models/default-risk", true, false},
		{"POST", "/v2/models/default-risk/infer", true, false}, {"POST", "/v1/models/default-risk:predict", true, false},
		{"GET", "/metrics", false, true}, {"GET", "/drift", false, true}, {"GET", "/drift/", false, false},
		{"POST", "/release/judge", false, true}, {"GET", "/release/observations", false, true},
		{"GET", "/health", true, true}, {"GET", "/ready", true, true}, {"GET", "/v2/health/ready", true, true},
		{"GET", "/nowhere", false, false}, {"GET", "//metrics", false, false}, {"GET", "/METRICS", false, false},
	} {
		for name, side := range map[string]http.Handler{"callers": serve.Callers(s), "operators": serve.Operators(s)} {
			r := httptest.NewRequest(c.method, "http://localhost"+c.path, strings.NewReader(positional))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			side.ServeHTTP(w, r)
			want := map[string]bool{"callers": c.callers, "operators": c.operators}[name]
			if found := w.Code != http.StatusNotFound; found != want {
				t.Errorf("%s are answered %d to %s %s: %s", name, w.Code, c.method, c.path, w.Body)
			}
			if w.Header().Get("X-Request-Id") == "" || w.Header().Get("X-Content-Type-Options") == "" {
				t.Errorf("%s: %s has no headers: %v", name, c.path, w.Header())
			}
		}
	}
}
