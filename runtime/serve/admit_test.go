package serve_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ashlar-dev/ashlar/runtime/access"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// guard admits whoever names themselves, and refuses the others in a way of their choice.
type guard map[string]*access.Refusal

func (g guard) Admit(r *http.Request) (string, *access.Refusal) {
	name := r.Header.Get("Authorization")
	if no, known := g[name]; known {
		return name, no
	}
	return "", g["nobody"]
}

var strict = guard{
	"bank":   nil,
	"nobody": {Status: 401, Code: "no_credentials", Message: "who asks?"},
	"wrong":  {Status: 403, Code: "wrong_endpoint", Message: "not here"},
	"often":  {Status: 429, Code: "rate_limited", Message: "slower", RetryAfter: 1500 * time.Millisecond},
	"early":  {Status: 503, Code: "access_unavailable", Message: "not yet", RetryAfter: time.Second},
}

// TestEveryRouteForCallersAsksWhoTheyAre goes through all paths of the endpoint, each as
// somebody and as nobody.
func TestEveryRouteForCallersAsksWhoTheyAre(t *testing.T) {
	s := serving(t, loans(t), serve.Config{Access: strict})
	for path, method := range map[string]string{
		"/predict": "POST", "/schema": "GET", "/openapi.json": "GET", "/v2": "GET", "/v2/models": "GET",
		"/v2/models/default-risk": "GET", "/v2/models/default-risk/ready": "GET", "/v2/models/default-risk/infer": "POST",
		"/v2/models/default-risk/versions/3/infer": "POST", "/v2/repository/index": "POST",
		"/v2/repository/models/default-risk/load": "POST", "/v2/repository/models/default-risk/unload": "POST",
		"/v1/models": "GET", "/v1/models/default-risk": "GET", "/v1/models/default-risk:predict": "POST",
		"/inference.GRPCInferenceService/ModelInfer": "POST", "/inference.GRPCInferenceService/ModelReady": "POST",
		"/inference.GRPCInferenceService/ModelMetadata": "POST", "/inference.GRPCInferenceService/ServerMetadata": "POST",
		"/inference.GRPCInferenceService/Other": "POST",
	} {
		for who, status := range map[string]int{"nobody": 401, "wrong": 403, "often": 429, "early": 503} {
			w := ask(s, method, path, positional, "Authorization", who)
			if grpc := strings.HasPrefix(path, "/inference"); grpc {
				want := map[int]string{401: "16", 403: "7", 429: "8", 503: "14"}[status]
				if got := w.Header().Get("Grpc-Status"); got != want || !strings.Contains(w.Header().Get("Grpc-Message"), "%20") && who != "often" {
					t.Errorf("%s as %s: grpc-status %s %s, want %s", path, who, got, w.Header().Get("Grpc-Message"), want)
				}
				continue
			}
			if w.Code != status || !strings.Contains(w.Body.String(), strict[who].Message) {
				t.Errorf("%s as %s: %d %s", path, who, w.Code, w.Body)
			}
			if challenge := w.Header().Get("WWW-Authenticate"); (challenge != "") != (status == 401 || status == 403) {
				t.Errorf("%s as %s: WWW-Authenticate %q", path, who, challenge)
			}
			if retry := w.Header().Get("Retry-After"); retry != map[int]string{429: "2", 503: "1"}[status] {
				t.Errorf("%s as %s: Retry-After %q", path, who, retry)
			}
		}
		if w := ask(s, method, path, positional, "Authorization", "bank"); w.Code == 401 || w.Header().Get("Grpc-Status") == "16" {
			t.Errorf("%s as bank: %d %s", path, w.Code, w.Body)
		}
	}
	for _, path := range []string{"/health", "/ready", "/metrics", "/v2/health/live", "/v2/health/ready"} {
		if w := ask(s, http.MethodGet, path, ""); w.Code != http.StatusOK {
			t.Errorf("%s is for everybody: %d %s", path, w.Code, w.Body)
		}
	}
	if w := ask(s, http.MethodGet, "/drift", ""); w.Code != http.StatusNotFound {
		t.Errorf("/drift is for everybody: %d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/predict/", "//predict", "/PREDICT", "/health/../predict", "/v2/models//infer", "/health/x"} {
		if w := ask(s, http.MethodPost, path, positional); w.Code == http.StatusOK {
			t.Errorf("%s goes round the door: %s", path, w.Body)
		}
	}
}

func TestWhoAskedIsInTheLogAndRefusalsAreCounted(t *testing.T) {
	var log bytes.Buffer
	reg := prometheus.NewRegistry()
	s := serving(t, loans(t), serve.Config{Access: strict, Registry: reg, LogEvery: 1,
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	for _, who := range []string{"bank", "wrong", "nobody"} {
		ask(s, http.MethodPost, "/predict", positional, "Authorization", who)
	}
	for _, want := range []string{"status=200", "caller=bank", "status=403", "caller=wrong", "code=wrong_endpoint",
		"status=401", "code=no_credentials"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %s:\n%s", want, log.String())
		}
	}
	metrics := ask(s, http.MethodGet, "/metrics", "").Body.String()
	for _, want := range []string{`code="401"`, `code="403"`} {
		if !strings.Contains(metrics, `model_errors_total{`+want+`,endpoint="scoring",model="default-risk",version="3"} 1`) {
			t.Errorf("%s is not counted:\n%s", want, metrics)
		}
	}
}

// countingBody tells how much of it was read.
type countingBody struct{ read int }

func (b *countingBody) Read(p []byte) (int, error) { b.read += len(p); return len(p), nil }

func TestTheBodyOfAStrangerIsNotRead(t *testing.T) {
	s := serving(t, loans(t), serve.Config{Access: strict})
	body := &countingBody{}
	r := httptest.NewRequest(http.MethodPost, "/predict", body)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized || body.read != 0 || w.Header().Get("Connection") != "close" {
		t.Errorf("%d, %d bytes read, Connection: %s", w.Code, body.read, w.Header().Get("Connection"))
	}
}
