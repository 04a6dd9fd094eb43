package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// TestOperatorsCanHaveAnAddressOfTheirOwn asks both addresses of a server.
func TestOperatorsCanHaveAnAddressOfTheirOwn(t *testing.T) {
	e := credit(t, nil)
	if got := duty(t, e, "migrate"); got.code != plan.ExitOK {
		t.Fatal(got.log)
	}
	at, stop := sides(t, e, "--endpoint", "scoring")
	for _, c := range []struct {
		who, method, path string
		want              int
	}{
		{"callers", "GET", "/metrics", 404}, {"callers", "GET", "/health", 200}, {"callers", "POST", "/predict", 503},
		{"operators", "GET", "/metrics", 200}, {"operators", "GET", "/health", 200},
		{"operators", "POST", "/predict", 404}, {"operators", "GET", "/drift", 200},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+at[c.who]+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		if got.StatusCode != c.want {
			t.Errorf("%s %s at the address of %s is answered %d, want %d", c.method, c.path, c.who, got.StatusCode, c.want)
		}
	}
	stop()
}

// sides serves with an address for callers and one for operators, which it returns without
// a scheme, and a function that ends it.
func sides(t *testing.T, e env, flags ...string) (map[string]string, func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, w := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0",
			"--listen-operators", "127.0.0.1:0"}, flags...), e.get, io.Discard, w)
		_ = w.Close()
	}()
	at := map[string]string{}
	lines := json.NewDecoder(out)
	for len(at) < 2 {
		var line struct{ Msg, Address, For string }
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.Msg == "serving" {
			at[line.For] = line.Address
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return at, func() {
		stop()
		if code := <-done; code != plan.ExitOK {
			t.Errorf("it ended with %d", code)
		}
	}
}
