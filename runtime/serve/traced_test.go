package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/access"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
	"github.com/ashlar-dev/ashlar/runtime/tracing"
	"github.com/ashlar-dev/ashlar/tests/collector"
)

const (
	parentTrace = "0af7651916cd43dd8448eb211c80319c"
	parent      = "00-" + parentTrace + "-b7ad6b7169203331-01"
)

func tracer(t testing.TB, c *collector.Collector) *tracing.Tracer {
	t.Helper()
	tr, err := tracing.New(t.Context(), tracing.Config{Getenv: c.Environment(nil)})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// passes admits everybody as ada, but whoever brings nothing.
type passes struct{}

func (passes) Admit(r *http.Request) (string, *access.Refusal) {
	if r.Header.Get("Authorization") == "" {
		return "", &access.Refusal{Status: http.StatusUnauthorized, Code: "no_credentials", Message: "who asks?"}
	}
	return "ada", nil
}

func TestARequestIsATrace(t *testing.T) {
	c := collector.New(t)
	tr := tracer(t, c)
	var log bytes.Buffer
	s := serving(t, loans(t), serve.Config{Tracer: tr, Access: passes{}, LogEvery: 1,
		Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	w := ask(s, http.MethodPost, "/predict", positional, "Traceparent", parent, "Authorization", "x",
		"X-Request-Id", "mine")
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	ask(s, http.MethodPost, "/v2/models/default-risk/infer", `{}`, "Authorization", "x")
	ask(s, http.MethodPost, "/predict", positional)
	ask(s, http.MethodGet, "/nowhere/ada", "")
	ask(s, "MADEUP", "/predict", "")
	for _, machines := range []string{"/health", "/ready", "/metrics", "/v2/health/ready"} {
		ask(s, http.MethodGet, machines, "")
	}
	exemplars(t, s)
	tr.Close(t.Context())

	all := map[string]int{}
	for _, span := range c.Spans() {
		all[span.Name]++
	}
	if all["POST /predict"] != 2 || all["POST /v2/models/{model}/infer"] != 1 || all["GET"] != 1 ||
		all["_OTHER /predict"] != 1 || all["admission"] != 3 || all["scoring"] != 2 || len(all) != 6 {
		t.Errorf("%v", all)
	}
	server := c.Named("POST /predict")[0]
	for _, inner := range []string{"admission", "scoring"} {
		if got := c.Named(inner)[0]; got.Trace != parentTrace || got.Parent != server.ID ||
			got.Start.Before(server.Start) || got.End.After(server.End) {
			t.Errorf("%s: %+v, in %+v", inner, got, server)
		}
	}
	for key, want := range map[string]string{"http.request.method": "POST", "http.route": "/predict",
		"http.response.status_code": "200", "url.scheme": "http", "ashlar.endpoint": "scoring",
		"ashlar.model": "default-risk", "ashlar.model.version": "3", "ashlar.rows": "1", "ashlar.caller": "ada",
		"ashlar.request_id": "mine"} {
		if server.Attributes[key] != want {
			t.Errorf("%s is %q, want %q", key, server.Attributes[key], want)
		}
	}
	// What is the client's fault is no error of the server's.
	if refused := c.Named("POST /predict")[1]; refused.Failed || refused.Attributes["http.response.status_code"] != "401" {
		t.Errorf("%+v", refused)
	}
	var line map[string]any
	if err := json.NewDecoder(&log).Decode(&line); err != nil || line["trace_id"] != parentTrace ||
		line["span_id"] != server.ID || line["caller"] != "ada" {
		t.Errorf("%v %v", line, err)
	}
}

// exemplars looks for the traces of answers in the metrics, which say them in
// OpenMetrics alone.
func exemplars(t *testing.T, s *serve.Server) {
	t.Helper()
	plain := ask(s, http.MethodGet, "/metrics", "")
	open := ask(s, http.MethodGet, "/metrics", "", "Accept", "application/openmetrics-text;version=1.0.0")
	if text := plain.Body.String(); strings.Contains(text, "trace_id") ||
		!strings.HasPrefix(plain.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("who does not accept OpenMetrics is answered %s", plain.Header())
	}
	text := open.Body.String()
	for _, name := range []string{"model_prediction_duration_seconds_bucket", "http_server_request_duration_seconds_bucket"} {
		found := false
		for line := range strings.Lines(text) {
			found = found || strings.HasPrefix(line, name) && strings.Contains(line, `# {`) &&
				strings.Contains(line, `trace_id="`+parentTrace+`"`)
		}
		if !found {
			t.Errorf("no bucket of %s has an exemplar", name)
		}
	}
	if !strings.Contains(text, `http_route="/predict",le="0.075"`) || !strings.HasSuffix(text, "# EOF\n") {
		t.Error("the histogram of the conventions is not there")
	}
}

func TestWithoutATracerTheMetricsAreAsTheyWere(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	ask(s, http.MethodPost, "/predict", positional, "Traceparent", parent)
	w := ask(s, http.MethodGet, "/metrics", "", "Accept", "application/openmetrics-text;version=1.0.0")
	if text := w.Body.String(); !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") ||
		strings.Contains(text, "trace_id") || strings.Contains(text, "http_server_request_duration_seconds") {
		t.Errorf("%s", w.Header())
	}
}

// worker is a model's server that notes what trace it is asked in.
type worker struct{ within chan context.Context }

func (w worker) Call(ctx context.Context, _ []string, rows [][]any) ([]any, error) {
	h := http.Header{}
	_, span := tracing.Client(ctx, h, "POST /invocations")
	defer span.End()
	w.within <- context.WithValue(ctx, worker{}, h.Get("Traceparent"))
	if rows[0][0] == 99.0 {
		return nil, io.ErrUnexpectedEOF
	}
	return []any{1.5}, nil
}

func TestAModelsServerIsAskedWithinTheTraceOfTheRequest(t *testing.T) {
	c := collector.New(t)
	tr := tracer(t, c)
	m := &model.Model{Name: "slow", Task: plan.Regression, Algorithm: plan.Custom,
		Signature: model.Signature{Target: "y", Inputs: []model.Field{{Name: "x", Type: plan.Number, Max: 1}}},
		Encoder:   model.Encoder{Fields: []model.FieldEncoder{{Name: "x", Type: plan.Number}}},
		Remote:    &model.Remote{Serve: []string{"true"}, Path: "m", Artifact: "sha256:a"}}
	behind := worker{make(chan context.Context, 2)}
	if err := m.Attach(behind); err != nil {
		t.Fatal(err)
	}
	s := serving(t, m, serve.Config{Tracer: tr})
	if w := ask(s, http.MethodPost, "/predict", `{"features": [1]}`, "Traceparent", parent); w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	if w := ask(s, http.MethodPost, "/predict", `{"features": [99]}`); w.Code != http.StatusBadGateway {
		t.Fatal(w.Code, w.Body)
	}
	tr.Close(t.Context())
	calls, scorings := c.Named("POST /invocations"), c.Named("scoring")
	told := (<-behind.within).Value(worker{})
	if len(calls) != 2 || calls[0].Parent != scorings[0].ID || told != "00-"+parentTrace+"-"+calls[0].ID+"-01" {
		t.Errorf("%v\n%+v", told, calls)
	}
	if failed := c.Named("POST /predict")[1]; !failed.Failed || failed.Attributes["error.type"] != "model_failed" ||
		!scorings[1].Failed {
		t.Errorf("%+v", failed)
	}
}

// TestACollectorThatHangsSlowsNoAnswer answers many more requests than spans have room,
// while nothing is taken from them.
func TestACollectorThatHangsSlowsNoAnswer(t *testing.T) {
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "5")
	c := collector.New(t)
	released := make(chan struct{})
	c.Instead(func(http.ResponseWriter, *http.Request) bool { <-released; return true })
	tr := tracer(t, c)
	s := serving(t, loans(t), serve.Config{Tracer: tr})
	slowest := time.Duration(0)
	for range 5000 {
		r := httptest.NewRequest(http.MethodPost, "/predict", strings.NewReader(positional))
		r.Header.Set("Content-Type", "application/json")
		w := silence{http.Header{}}
		began := time.Now()
		s.Handler().ServeHTTP(w, r)
		slowest = max(slowest, time.Since(began))
	}
	if n, _ := c.Requests(); n == 0 {
		t.Error("the collector was not asked at all")
	}
	if slowest > time.Second {
		t.Errorf("a request took %s", slowest)
	}
	close(released)
	tr.Close(t.Context())
}

// BenchmarkTraced is what a request costs a server that nobody traces, one that traces
// and samples nothing, and one that sends everything.
func BenchmarkTraced(b *testing.B) {
	c := collector.New(b)
	for _, how := range []string{"off", "unsampled", "sampled"} {
		b.Run(how, func(b *testing.B) {
			var tr *tracing.Tracer
			if how != "off" {
				sampler := map[string]string{"unsampled": "always_off", "sampled": "always_on"}[how]
				var err error
				tr, err = tracing.New(b.Context(), tracing.Config{
					Getenv: c.Environment(map[string]string{"OTEL_TRACES_SAMPLER": sampler})})
				if err != nil {
					b.Fatal(err)
				}
				defer tr.Close(b.Context())
			}
			h := serving(b, loans(b), serve.Config{Tracer: tr}).Handler()
			reader := strings.NewReader(positional)
			r := httptest.NewRequest(http.MethodPost, "/predict", nil)
			r.Header.Set("Content-Type", "application/json")
			r.ContentLength, r.Body = int64(len(positional)), io.NopCloser(reader)
			w := silence{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				reader.Reset(positional)
				h.ServeHTTP(w, r)
			}
		})
	}
}
