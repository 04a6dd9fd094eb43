package endpoint

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/access"
)

func TestAnEndpointThatSaysNothingOfAccessIsKeptToTheLoopback(t *testing.T) {
	p := &plan.Plan{Endpoints: map[string]plan.Endpoint{"open": {}, "shut": {Access: &plan.Access{Public: true}}}}
	for _, address := range []string{"127.0.0.1:80", "127.9.9.9:0", "[::1]:80", "localhost:80", "[::ffff:127.0.0.1]:1"} {
		if err := CheckOpen(address, p); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{":8080", "0.0.0.0:8080", "[::]:80", "10.0.0.1:80", "models.example.com:80",
		"localhost.example.com:80", "[::ffff:10.0.0.1]:80", "127.0.0.1.example.com:1", "2130706433:80"} {
		var open *OpenError
		if err := CheckOpen(address, p); !errors.As(err, &open) || len(open.Endpoints) != 1 ||
			!strings.Contains(err.Error(), address) || !strings.Contains(err.Error(), "endpoint open") {
			t.Errorf("%s: %v", address, err)
		}
		if err := CheckOpen(address, p, "shut"); err != nil {
			t.Errorf("%s, for an endpoint that says who may ask: %v", address, err)
		}
	}
}

func TestFilesOfTLSAreAskedForByWhatTheyAreFor(t *testing.T) {
	mtls := func(ca string) *plan.Plan {
		a := &plan.Access{MTLS: &plan.AccessMTLS{CA: ca}}
		return &plan.Plan{Endpoints: map[string]plan.Endpoint{"e": {Access: a}}}
	}
	plain := &plan.Plan{Endpoints: map[string]plan.Endpoint{"e": {}}}
	for want, c := range map[string]struct {
		files TLS
		of    *plan.Plan
	}{
		"both files":        {TLS{Cert: "a"}, plain},
		"neither":           {TLS{Key: "a"}, plain},
		"no endpoint reads": {TLS{Cert: "a", Key: "b", ClientCA: "c"}, mtls("PEM")},
		"needs one too":     {TLS{}, mtls("PEM")},
		"no such file":      {TLS{Cert: "a", Key: "b"}, plain},
	} {
		if got, err := c.files.Config(time.Now, slog.Default(), c.of); err == nil || got != nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	if got, err := (TLS{}).Config(time.Now, slog.Default(), plain); got != nil || err != nil {
		t.Errorf("plain HTTP: %v, %v", got, err)
	}
}

// TestAKeyIsTakenByAServerThatRunsAndRevokedWithinAPoll goes by a registry as it is.
func TestAKeyIsTakenByAServerThatRunsAndRevokedWithinAPoll(t *testing.T) {
	h := newSystem(t)
	spec := h.plan.Endpoints["scoring"]
	spec.Access = &plan.Access{Keys: &plan.AccessKeys{}}
	h.plan.Endpoints["scoring"] = spec
	e := h.replica(t, "a")
	if _, err := e.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.LookAccess(t.Context())
	example := e.Status().Example
	ask := func(authorization string) int {
		r := httptest.NewRequest(http.MethodPost, "/predict", strings.NewReader(example))
		r.Header.Set("Content-Type", "application/json")
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		w := httptest.NewRecorder()
		e.Server().Handler().ServeHTTP(w, r)
		_, _ = io.Copy(io.Discard, w.Body)
		return w.Code
	}
	key, kept := access.NewKey()
	kept.Caller, kept.Endpoints, kept.CreatedBy = "bank", []string{"scoring"}, "ada"
	kept.ExpiresAt = h.clock.Now().Add(time.Hour)
	if ask("") != 401 || ask("Bearer "+key) != 401 {
		t.Error("somebody is admitted before there is a key")
	}
	if ask(e.Own()) != 200 {
		t.Error("the process's own credential is not admitted")
	}
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { KeepAccess(ctx, 5*time.Millisecond, []*Endpoint{e}); close(done) }()
	defer func() { cancel(); <-done }()
	if _, err := h.registry.CreateAccessKey(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	becomes(t, 200, func() int { return ask("Bearer " + key) })
	if _, err := h.registry.RevokeAccessKey(t.Context(), kept.ID, "ada"); err != nil {
		t.Fatal(err)
	}
	becomes(t, 401, func() int { return ask("Bearer " + key) })
}

func becomes(t *testing.T, want int, ask func() int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ask() != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it is answered %d, want %d", ask(), want)
		}
	}
}
