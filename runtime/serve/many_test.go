package serve_test

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// three endpoints of one process, two of which serve the same model; the third has none
// yet.
func three(t *testing.T, guarded serve.Access) []*serve.Server {
	t.Helper()
	registry := prometheus.NewRegistry()
	metrics, err := serve.NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	var out []*serve.Server
	for _, c := range []struct{ endpoint, model string }{{"batch", "default-risk"}, {"churn", "churn"},
		{"scoring", "default-risk"}} {
		cfg := serve.Config{Endpoint: c.endpoint, Model: c.model, Registry: registry, Metrics: metrics}
		if c.endpoint == "churn" {
			cfg.Access = guarded
		}
		s, err := serve.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		m := loans(t)
		m.Name = c.model
		if err := s.Swap(&serve.Served{Model: m, Version: 3, Digest: "sha256:abc"}); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func TestAProcessServesSeveralEndpointsByPathAndModel(t *testing.T) {
	all := three(t, nil)
	site := &serve.Many{Servers: all, Side: (*serve.Server).Handler}
	const tensors = `{"inputs": [{"name": "Age", "shape": [1], "datatype": "INT64", "data": [30]}]}`
	for _, c := range []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"POST", "/endpoints/scoring/predict", positional, 200, `"prediction"`},
		{"POST", "/endpoints/batch/v2/models/default-risk/infer", tensors, 400, "Band"},
		{"GET", "/v2/models/churn", "", 200, `"name":"churn"`},
		{"GET", "/v2/models/churn/versions/3/ready", "", 200, `"ready":true`},
		{"GET", "/v1/models/churn", "", 200, `"ready":true`},
		{"POST", "/v2/models/churn/infer", tensors, 400, "Band"},
		{"POST", "/v1/models/churn:predict", `{"instances": []}`, 400, "Age"},
		{"GET", "/v2/models/default-risk", "", 400, "/endpoints/batch, /endpoints/scoring"},
		{"GET", "/v2/models/other", "", 404, "there are churn, default-risk"},
		{"POST", "/predict", positional, 404, "/endpoints/batch/predict, /endpoints/churn/predict"},
		{"GET", "/drift", "", 404, "/endpoints/batch/drift"}, {"GET", "/endpoints/none/health", "", 404, "/endpoints/batch"},
		{"GET", "/v2/models", "", 200, `{"models":["churn","default-risk"]}`},
		{"GET", "/v1/models", "", 200, `{"models":["churn","default-risk"]}`},
		{"POST", "/v2/repository/index", "{}", 200, `[{"name":"default-risk","version":"3","state":"READY","reason":""},` +
			`{"name":"churn","version":"3","state":"READY","reason":""},{"name":"default-risk"`},
		{"GET", "/ready", "", 200, ""}, {"GET", "/v2/health/ready", "", 200, ""}, {"GET", "/health", "", 200, ""},
		{"GET", "/metrics", "", 200, `model_predictions_total{endpoint="scoring"`},
	} {
		w := sent(site, c.method, c.path, c.body)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %s: %d %s, want %d with %s", c.method, c.path, w.Code, w.Body, c.code, c.says)
		}
		if w.Header().Get("X-Request-Id") == "" || w.Header().Get("X-Content-Type-Options") == "" {
			t.Errorf("%s has no headers: %v", c.path, w.Header())
		}
	}
	// The process is ready when each endpoint is.
	if w := sent(serve.Operators(all[1]), "POST", "/v2/repository/models/churn/unload", ""); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for path, want := range map[string]int{"/ready": 503, "/v2/health/ready": 503, "/endpoints/scoring/ready": 200,
		"/endpoints/churn/ready": 503} {
		if w := sent(site, "GET", path, ""); w.Code != want {
			t.Errorf("%s with a model unloaded: %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
}

// TestEachEndpointKeepsItsOwnDoor: a caller sees and asks what admits him.
func TestEachEndpointKeepsItsOwnDoor(t *testing.T) {
	all := three(t, nobody{})
	site := &serve.Many{Servers: all, Side: serve.Callers}
	for _, path := range []string{"/endpoints/churn/predict", "/v2/models/churn/infer"} {
		if w := sent(site, "POST", path, positional); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := sent(site, "POST", "/endpoints/scoring/predict", positional); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := sent(site, "GET", "/v2/models", ""); strings.TrimSpace(w.Body.String()) != `{"models":["default-risk"]}` {
		t.Errorf("listed: %s", w.Body)
	}
	closed := &serve.Many{Servers: all[1:2:2], Side: serve.Callers}
	closed.Servers = append(closed.Servers, three(t, nobody{})[1])
	if w := sent(closed, "GET", "/v2/models", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("where no endpoint admits: %d %s", w.Code, w.Body)
	}
	operators := &serve.Many{Servers: all, Side: serve.Operators}
	for _, c := range []struct {
		path string
		want int
	}{{"/v2/repository/models/churn/unload", 200}, {"/v2/repository/models/churn/load", 200},
		{"/v2/repository/models/default-risk/unload", 400}, {"/v2/models/churn/infer", 404},
		{"/endpoints/batch/v2/repository/models/default-risk/unload", 200}} {
		if w := sent(operators, "POST", c.path, ""); w.Code != c.want {
			t.Errorf("operators at %s: %d %s, want %d", c.path, w.Code, w.Body, c.want)
		}
	}
	for i, want := range []bool{false, true, true} {
		if got := all[i].Ready() == nil; got != want {
			t.Errorf("endpoint %d is ready: %t", i, got)
		}
	}
}

// called is the status of a gRPC call with the texts as its fields, and its message.
func called(t *testing.T, h http.Handler, call string, fields map[int]string) (status string, message []byte) {
	t.Helper()
	var m []byte
	for number := 1; number <= 9; number++ {
		if v, ok := fields[number]; ok {
			m = protowire.AppendString(protowire.AppendTag(m, protowire.Number(number), protowire.BytesType), v)
		}
	}
	body := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(m))), m...) //nolint:gosec // short
	r := httptest.NewRequest("POST", "http://localhost/inference.GRPCInferenceService/"+call, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/grpc")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer := w.Result()
	status = answer.Header.Get("Grpc-Status") + answer.Trailer.Get("Grpc-Status") +
		w.Header().Get(http.TrailerPrefix+"Grpc-Status")
	if w.Body.Len() > 5 {
		message = w.Body.Bytes()[5:]
	}
	return status[:min(len(status), 2)], message
}

func TestCallsGoToTheEndpointOfTheirModel(t *testing.T) {
	all := three(t, nil)
	site := &serve.Many{Servers: all, Side: (*serve.Server).Handler}
	for _, c := range []struct {
		call   string
		fields map[int]string
		want   string
	}{
		{"ModelReady", map[int]string{1: "churn", 2: "3"}, "0"}, {"ModelMetadata", map[int]string{1: "churn"}, "0"},
		{"ModelReady", map[int]string{1: "other"}, "5"}, {"ModelReady", map[int]string{1: "default-risk"}, "3"},
		{"ModelReady", nil, "3"}, {"ModelInfer", map[int]string{3: "id", 1: "churn"}, "3"}, {"ServerReady", nil, "0"},
		{"ModelInfer", map[int]string{2: strings.Repeat("x", 5000)}, "3"},
	} {
		if got, _ := called(t, site, c.call, c.fields); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %v has the status %q, want %s", c.call, c.fields, got, c.want)
		}
	}
	operators := &serve.Many{Servers: all, Side: serve.Operators}
	for _, c := range []struct {
		site   http.Handler
		call   string
		fields map[int]string
		want   string
		ready  bool
	}{
		{site, "RepositoryModelUnload", map[int]string{1: "churn"}, "7", true},
		{operators, "RepositoryModelUnload", map[int]string{1: "churn"}, "0", false},     // KServe's
		{operators, "RepositoryModelLoad", map[int]string{1: "", 2: "churn"}, "0", true}, // Triton's
		{operators, "RepositoryModelLoad", map[int]string{1: "", 2: "other"}, "5", true},
	} {
		got, message := called(t, c.site, c.call, c.fields)
		if !strings.HasPrefix(got, c.want) || (all[1].Ready() == nil) != c.ready {
			t.Errorf("%s %v has the status %q, want %s; ready: %v", c.call, c.fields, got, c.want, all[1].Ready())
		}
		if c.want == "0" && string(message) != "\x0a\x05churn\x10\x01" {
			t.Errorf("%s answers %q", c.call, message)
		}
	}
}
