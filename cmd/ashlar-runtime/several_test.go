package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// TestAProcessServesSeveralEndpoints of one plan, each below its own path, on both sides.
func TestAProcessServesSeveralEndpoints(t *testing.T) {
	e := credit(t, func(p *plan.Plan) {
		other := p.Endpoints["scoring"]
		other.Access = &plan.Access{Keys: &plan.AccessKeys{}}
		p.Endpoints["batch"] = other
	})
	if got := duty(t, e, "migrate"); got.code != plan.ExitOK {
		t.Fatal(got.log)
	}
	at, stop := sides(t, e, "--endpoint", "batch,scoring")
	defer stop()
	for _, c := range []struct {
		who, method, path string
		want              int
		says              string
	}{
		{"callers", "POST", "/predict", 404, "/endpoints/batch/predict, /endpoints/scoring/predict"},
		{"callers", "GET", "/endpoints/batch/predict", 405, ""}, {"callers", "POST", "/endpoints/batch/predict", 401, ""},
		{"callers", "GET", "/v2/health/ready", 503, ""}, {"callers", "GET", "/health", 200, ""},
		{"callers", "GET", "/endpoints/scoring/metrics", 404, ""}, {"operators", "GET", "/metrics", 200, "go_goroutines"},
		{"operators", "GET", "/endpoints/scoring/drift", 200, ""},
		{"operators", "POST", "/endpoints/scoring/v2/repository/models/default-risk/unload", 200, `"unload":true`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+at[c.who]+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		_ = got.Body.Close()
		if err != nil || got.StatusCode != c.want || !strings.Contains(string(body), c.says) {
			t.Errorf("%s %s at the address of %s: %d %.200s, want %d with %s", c.method, c.path, c.who, got.StatusCode, body,
				c.want, c.says)
		}
	}
}

// TestSeveralEndpointsAreNotReleasedTogether: what moves the pods of one would move all.
func TestSeveralEndpointsAreNotReleasedTogether(t *testing.T) {
	e := credit(t, func(p *plan.Plan) { p.Endpoints["batch"] = p.Endpoints["scoring"] })
	for want, args := range map[string][]string{
		"--assigned is for one endpoint": {"--endpoint", "scoring", "--endpoint", "batch", "--assigned"},
		"no endpoint":                    {"--endpoint", "scoring,none"},
		"name the endpoint":              {},
	} {
		got := duty(t, e, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
		if said, _ := json.Marshal(got.log); got.code != plan.ExitInput || !strings.Contains(string(said), want) {
			t.Errorf("%q: code %d, %s", args, got.code, said)
		}
	}
}
