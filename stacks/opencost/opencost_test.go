package opencost_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/stacks/opencost"
)

// answer has the form of OpenCost's documentation, in two steps.
const answer = `{"code": 200, "data": [
	{"credit": {"name": "credit", "properties": {"cluster": "cluster-one", "namespace": "credit"},
		"window": {"start": "2026-11-23T00:00:00Z", "end": "2026-11-30T00:00:00Z"}, "start": "2026-11-23T00:00:00Z",
		"end": "2026-11-30T00:00:00Z", "minutes": 10080, "cpuCores": 0.5, "cpuCost": 2.5, "gpuCost": 0, "ramCost": 1.25,
		"pvCost": 0.5, "networkCost": 0, "loadBalancerCost": 0, "totalCost": 4.25}},
	{"credit": {"name": "credit", "minutes": 60, "cpuCost": 1, "totalCost": 1}, "__idle__": {"name": "__idle__", "totalCost": 9}}]}`

func TestNamespacesHaveTheirCosts(t *testing.T) {
	asked := ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(s.Close)
	got, err := opencost.Namespaces(t.Context(), s.URL+"/", "7d")
	if c := got["credit"]; err != nil || c.Compute() != 4.75 || c.Total != 5.25 || c.Minutes != 10140 {
		t.Errorf("%+v, %v", got, err)
	}
	if asked != "/allocation/compute?accumulate=true&aggregate=namespace&window=7d" {
		t.Errorf("asked for %s", asked)
	}
}

func TestWrongAnswersAreErrors(t *testing.T) {
	body, status := "", http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	for _, c := range []struct {
		status int
		body   string
		want   string
	}{
		{200, "<html>", "not an allocation"}, {404, "", "answers 404"},
		{200, `{"code": 400, "message": "invalid window"}`, "code 400: invalid window"},
		{200, `{"code": 200, "data": [{"x": {"cpuCost": -1}}]}`, "negative"},
		{200, strings.Repeat(" ", 33<<20), "larger than 32 MiB"},
	} {
		body, status = c.body, c.status
		if _, err := opencost.Namespaces(t.Context(), s.URL, "7d"); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: %v, want %q", c.body, err, c.want)
		}
	}
	for _, base := range []string{"", "x", "ftp://127.0.0.1", "http://127.0.0.1:1"} {
		if _, err := opencost.Namespaces(t.Context(), base, "7d"); err == nil {
			t.Errorf("%q answers", base)
		}
	}
}

func TestWindows(t *testing.T) {
	for text, want := range map[string]time.Duration{"7d": 168 * time.Hour, "12h": 12 * time.Hour,
		"90m": 90 * time.Minute} {
		if got, err := opencost.Window(text); err != nil || got != want {
			t.Errorf("%s is %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "lastweek", "7", "-7d", "0d", "1.5d", "7d&x=y", "100000d"} {
		if got, err := opencost.Window(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}
