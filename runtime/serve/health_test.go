package serve_test

import (
	"math"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// health is what /health and /ready answer.
type health struct {
	Status   string `json:"status"`
	Reason   string `json:"reason"`
	Endpoint string `json:"endpoint"`
	Model    string `json:"model"`
	Version  int    `json:"version"`
	Digest   string `json:"digest"`
}

func TestAServerIsAliveAtOnceAndReadyWithAModel(t *testing.T) {
	s, err := serve.New(serve.Config{Endpoint: "scoring"})
	if err != nil {
		t.Fatal(err)
	}
	check := func(path string, status int, want health) {
		t.Helper()
		w := ask(s, http.MethodGet, path, "")
		if diff := cmp.Diff(want, decode[health](t, w.Body)); w.Code != status || diff != "" {
			t.Errorf("%s: %d, want %d\n%s", path, w.Code, status, diff)
		}
	}
	check("/health", http.StatusOK, health{Status: "healthy", Endpoint: "scoring"})
	check("/ready", http.StatusServiceUnavailable,
		health{Status: "not ready", Reason: "no model is loaded yet", Endpoint: "scoring"})
	for _, p := range []serve.Problem{
		refused(t, predict(s, positional), http.StatusServiceUnavailable),
		refused(t, ask(s, http.MethodGet, "/schema", ""), http.StatusServiceUnavailable),
	} {
		if p.Code != "not_ready" {
			t.Errorf("%+v", p)
		}
	}
	if s.Ready() == nil {
		t.Error("a server without a model calls itself ready")
	}
	if err := s.Swap(&serve.Served{Model: loans(t), Version: 7, Digest: "sha256:ab"}); err != nil {
		t.Fatal(err)
	}
	full := health{Status: "ready", Endpoint: "scoring", Model: "default-risk", Version: 7, Digest: "sha256:ab"}
	check("/ready", http.StatusOK, full)
	full.Status = "healthy"
	check("/health", http.StatusOK, full)
	if err := s.Swap(nil); err != nil {
		t.Fatal(err)
	}
	check("/ready", http.StatusServiceUnavailable,
		health{Status: "not ready", Reason: "no model is loaded yet", Endpoint: "scoring"})
}

func TestAnEndpointThatIsNotReadySaysWhatItWaitsFor(t *testing.T) {
	why := "version 3 is not approved"
	s, err := serve.New(serve.Config{Endpoint: "scoring", Waiting: func() string { return why }})
	if err != nil {
		t.Fatal(err)
	}
	if got := decode[health](t, ask(s, http.MethodGet, "/ready", "").Body).Reason; got != why {
		t.Errorf("it says %q", got)
	}
	if why = ""; s.Ready() == nil || s.Ready().Error() == "" {
		t.Errorf("not ready for no reason: %v", s.Ready())
	}
}

func TestDriftIsWhatTheMonitorSays(t *testing.T) {
	s := serving(t, loans(t), serve.Config{Drift: func() any { return map[string]any{"reports": []string{"x"}} }})
	if w := ask(s, http.MethodGet, "/drift", ""); w.Code != http.StatusOK ||
		w.Body.String() != `{"reports":["x"]}`+"\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if p := refused(t, ask(serving(t, loans(t), serve.Config{}), http.MethodGet, "/drift", ""),
		http.StatusNotFound); p.Code != "no_drift" {
		t.Errorf("%+v", p)
	}
	s = serving(t, loans(t), serve.Config{Drift: func() any { return math.NaN() }})
	if p := refused(t, ask(s, http.MethodGet, "/drift", ""), http.StatusInternalServerError); p.Code != "internal" {
		t.Errorf("%+v", p)
	}
}
