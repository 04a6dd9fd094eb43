package local

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

// serving serves the credit example, whose model nobody has trained yet, and
// returns where; it ends with the test.
func serving(t *testing.T, change func(*Config)) (*Stack, string) {
	t.Helper()
	return servingWith(t, change, func(Serving) {})
}

// servingWith is serving for a test that wants to know all that is served.
func servingWith(t *testing.T, change func(*Config), ready func(Serving)) (*Stack, string) {
	t.Helper()
	f, err := os.Open("../../blueprints/testdata/credit.dev.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := plan.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Plan: p, Dir: "../../blueprints/examples/credit", State: t.TempDir(), Author: "ada",
		Listen: "127.0.0.1:0", Now: time.Now}
	change(&cfg)
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	up, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- s.Serve(ctx, ServeOptions{Ready: func(st Serving) { ready(st); up <- st.URL }})
	}()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, s.Close()); err != nil {
			t.Error(err)
		}
	})
	select {
	case url := <-up:
		return s, url
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
		return nil, ""
	}
}

func send(t *testing.T, method, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a, string(body)
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	s, url := serving(t, func(*Config) {})
	statuses := map[int]bool{}
	look := func(method, path string, header ...string) {
		a, body := send(t, method, url+path, header...) //nolint:bodyclose // send has read and closed it
		statuses[a.StatusCode] = true
		policy := "default-src 'none'; frame-ancestors 'none'"
		if path == "/" && a.StatusCode == http.StatusOK {
			policy = page.ContentSecurityPolicy
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s %s (%d): %s is %q, want %q", method, path, a.StatusCode, name, got, want)
			}
		}
		if a.Header.Get("Content-Type") == "" && len(body) > 0 {
			t.Errorf("%s %s: no Content-Type", method, path)
		}
		if a.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s may be read from elsewhere", method, path)
		}
	}
	endpoint := []string{"predict", "health", "ready", "metrics", "schema", "openapi.json", "drift", "nothing", ""}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions,
		http.MethodDelete, "BREW"} {
		for _, path := range []string{"/", "/state", "/assets/style.css", "/assets/", "/endpoints",
			"/endpoints/scoring", "/endpoints//x", "/a/../b", "/.git/config"} {
			look(method, path)
		}
		for _, path := range endpoint {
			look(method, "/"+path)
			look(method, "/endpoints/scoring/"+path)
		}
	}
	look(http.MethodGet, "/", "Host", "attacker.example")
	look(http.MethodPost, "/predict", "Origin", "http://attacker.example")
	if err := s.state.Registry.Close(); err != nil { // now what reads it fails
		t.Fatal(err)
	}
	look(http.MethodGet, "/")
	look(http.MethodGet, "/state")
	for _, want := range []int{200, 307, 403, 404, 405, 421, 500, 503} {
		if !statuses[want] {
			t.Errorf("no answer had the status %d", want)
		}
	}
}

func TestNamesThatLeadElsewhereAreNotAnswered(t *testing.T) {
	_, url := serving(t, func(c *Config) { c.Hosts = []string{"models.example"} })
	for host, want := range map[string]int{"attacker.example": 421, "models.example": 200, "localhost": 200} {
		for _, path := range []string{"/", "/state", "/health", "/metrics", "/endpoints/scoring/health"} {
			a, body := send(t, http.MethodGet, url+path, "Host", host) //nolint:bodyclose // send has read and closed it
			if a.StatusCode != want {
				t.Errorf("%s of %s is answered %d", path, host, a.StatusCode)
			}
			if want == 421 && (strings.Contains(body, "credit") || !strings.Contains(body, `"code":"misdirected"`)) {
				t.Errorf("%s", body)
			}
		}
	}
	_, err := Open(t.Context(), Config{Plan: &plan.Plan{}, Dir: ".", State: t.TempDir(), Now: time.Now,
		Hosts: []string{"http://x"}})
	if err == nil || !strings.Contains(err.Error(), `host "http://x"`) {
		t.Errorf("%v", err)
	}
}
