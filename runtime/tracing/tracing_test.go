package tracing

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/tests/collector"
)

func env(all map[string]string) func(string) string {
	return func(name string) string { return all[name] }
}

// tracer returns one that sends to the collector, and what is logged.
func tracer(t *testing.T, c *collector.Collector, more map[string]string) (*Tracer, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	tr, err := New(t.Context(), Config{Getenv: c.Environment(more), Version: "1.2.3",
		Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil || !tr.On() {
		t.Fatal(err, tr)
	}
	return tr, &log
}

func TestTracesAreOffUnlessAVariableAsksForThem(t *testing.T) {
	for _, all := range []map[string]string{
		{},
		{"OTEL_SERVICE_NAME": "x", "OTEL_TRACES_SAMPLER": "always_on"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "TRUE"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "zipkin"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://user:secret@127.0.0.1:1"},
	} {
		var log bytes.Buffer
		tr, err := New(t.Context(), Config{Getenv: env(all), Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil || tr.On() {
			t.Errorf("%v: %v, %v", all, tr, err)
		}
		if strings.Contains(log.String(), "secret") {
			t.Errorf("the log has a password: %s", &log)
		}
	}
	tr, err := New(t.Context(), Config{Getenv: env(map[string]string{"OTEL_TRACES_EXPORTER": "otlp"})})
	if err != nil || !tr.On() {
		t.Errorf("traces are asked for, by no address: %v, %v", tr, err)
	}
	tr.Close(t.Context())
}

func TestATracerThatIsOffDoesNothingAndAllocatesNothing(t *testing.T) {
	var off *Tracer
	r := httptest.NewRequest(http.MethodPost, "/predict", nil)
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		same, span := off.Server(r, "POST /predict")
		if same != r || span.Recording() || span.IDs() != (IDs{}) {
			t.Error("there is a span")
		}
		span.Set()
		span.Fail("x")
		span.End()
		if within, inner := Start(ctx, "inner"); within != ctx || inner.Recording() {
			t.Error("there is a span within none")
		}
		if _, client := Client(ctx, r.Header, "client"); client.Recording() || r.Header["Traceparent"] != nil {
			t.Error("there is a trace to pass on")
		}
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
	off.Close(ctx)
}

func TestASpanIsPartOfTheTraceThatARequestNames(t *testing.T) {
	c := collector.New(t)
	tr, _ := tracer(t, c, map[string]string{"OTEL_SERVICE_NAME": "scoring",
		"OTEL_RESOURCE_ATTRIBUTES":   "deployment.environment.name=prod,team=a%2Cb",
		"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20s3cret,x-tenant=acme", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"})
	r := httptest.NewRequest(http.MethodPost, "/predict", nil)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	r.Header.Set("Tracestate", "vendor=1")
	r, span := tr.Server(r, "POST /predict", Text("a", "b"))
	out := http.Header{}
	ctx, inner := Start(r.Context(), "scoring")
	_, call := Client(ctx, out, "POST /invocations")
	call.Fail("worker")
	call.End()
	inner.End()
	span.Set(Int("n", 3))
	span.End()
	tr.Close(t.Context())

	server, scoring, client := c.One(t, "POST /predict"), c.One(t, "scoring"), c.One(t, "POST /invocations")
	const trace = "0af7651916cd43dd8448eb211c80319c"
	if server.Trace != trace || server.Parent != "b7ad6b7169203331" || scoring.Parent != server.ID ||
		client.Parent != scoring.ID || client.Trace != trace {
		t.Errorf("%+v\n%+v\n%+v", server, scoring, client)
	}
	if want := "00-" + trace + "-" + client.ID + "-01"; out.Get("Traceparent") != want ||
		out.Get("Tracestate") != "vendor=1" {
		t.Errorf("passed on: %v, want %s", out, want)
	}
	if server.Kind != "SPAN_KIND_SERVER" || client.Kind != "SPAN_KIND_CLIENT" || !client.Failed ||
		client.Attributes["error.type"] != "worker" || server.Attributes["n"] != "3" || server.Failed {
		t.Errorf("%+v\n%+v", server, client)
	}
	res := server.Resource
	if res["service.name"] != "scoring" || res["deployment.environment.name"] != "prod" || res["team"] != "a,b" ||
		res["service.version"] != "1.2.3" {
		t.Errorf("%v", res)
	}
	if _, h := c.Requests(); h.Get("Authorization") != "Bearer s3cret" || h.Get("X-Tenant") != "acme" ||
		h.Get("Content-Encoding") != "gzip" {
		t.Errorf("%v", h)
	}
}

func TestSamplersDecideAsTheirVariableSays(t *testing.T) {
	const no, yes = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, c := range []struct {
		sampler, arg, parent string
		spans                int
	}{
		{"", "", "", 1}, {"", "", no, 0}, {"always_on", "", no, 1}, {"always_off", "", yes, 0},
		{"parentbased_always_off", "", "", 0}, {"parentbased_always_off", "", yes, 1},
		{"traceidratio", "0", yes, 0}, {"parentbased_traceidratio", "0", yes, 1},
		{"parentbased_traceidratio", "0", "", 0}, {"traceidratio", "1", "", 1},
		{"traceidratio", "2", "", 1}, {"parentbased_always_onn", "", "", 1},
	} {
		to := collector.New(t)
		tr, log := tracer(t, to, map[string]string{"OTEL_TRACES_SAMPLER": c.sampler, "OTEL_TRACES_SAMPLER_ARG": c.arg})
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if c.parent != "" {
			r.Header.Set("Traceparent", c.parent)
		}
		r, span := tr.Server(r, "request")
		out := http.Header{}
		_, call := Client(r.Context(), out, "call")
		call.End()
		span.End()
		tr.Close(t.Context())
		if got := len(to.Named("request")); got != c.spans || len(to.Named("call")) != c.spans {
			t.Errorf("%+v: %d spans", c, got)
		}
		if want := map[int]string{0: "-00", 1: "-01"}[c.spans]; !strings.HasSuffix(out.Get("Traceparent"), want) {
			t.Errorf("%+v: what is passed on is %q", c, out.Get("Traceparent"))
		}
		if wrong := c.arg == "2" || c.sampler == "parentbased_always_onn"; wrong != strings.Contains(log.String(), "want") {
			t.Errorf("%+v: %s", c, log)
		}
	}
}

func TestRunsOfTheSameNameAreOneTrace(t *testing.T) {
	c := collector.New(t)
	began := time.Now().Add(-time.Hour)
	for _, name := range []string{"ingest", "train"} {
		tr, _ := tracer(t, c, nil) // as another process has it
		_, span := tr.Root(t.Context(), "credit/prod/nightly/17", name, time.Time{})
		span.End()
		tr.Close(t.Context())
	}
	tr, _ := tracer(t, c, nil)
	_, other := tr.Root(t.Context(), "credit/prod/nightly/18", "other", began)
	other.End()
	tr.Close(t.Context())
	a, b, o := c.One(t, "ingest"), c.One(t, "train"), c.One(t, "other")
	if a.Trace != b.Trace || a.ID == b.ID || o.Trace == a.Trace {
		t.Errorf("%s %s %s", a.Trace, b.Trace, o.Trace)
	}
	if took := o.End.Sub(o.Start); took < 59*time.Minute {
		t.Errorf("the span began an hour ago: %s", took)
	}
}

func TestNothingIsPassedOnWherePropagatorsSayNone(t *testing.T) {
	c := collector.New(t)
	tr, _ := tracer(t, c, map[string]string{"OTEL_PROPAGATORS": "none"})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	r, span := tr.Server(r, "request")
	out := http.Header{}
	_, call := Client(r.Context(), out, "call")
	call.End()
	span.End()
	tr.Close(t.Context())
	if len(out) != 0 || c.One(t, "request").Parent != "" {
		t.Errorf("%v %+v", out, c.One(t, "request"))
	}
}

// TestACollectorThatFailsCostsSpansAndNothingElse has the collector answer 503, break
// connections and hang, while spans are made as fast as they can be.
func TestACollectorThatFailsCostsSpansAndNothingElse(t *testing.T) {
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
	released := make(chan struct{})
	for name, instead := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"503": func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, "no\nroom")
			return true
		},
		"400":     func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadRequest); return true },
		"breaks":  func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		"hangs":   func(_ http.ResponseWriter, r *http.Request) bool { <-released; return true },
		"garbage": func(w http.ResponseWriter, _ *http.Request) bool { _, _ = w.Write(make([]byte, 100)); return true },
	} {
		c := collector.New(t)
		c.Instead(instead)
		tr, _ := tracer(t, c, nil)
		began := time.Now()
		for range 20_000 { // ten times what waits
			_, span := tr.Root(context.Background(), "", "span", time.Time{})
			span.End()
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: 20000 spans took %s", name, took)
		}
		began = time.Now()
		tr.Close(t.Context())
		if took := time.Since(began); took > closeWithin+2*time.Second {
			t.Errorf("%s: the end took %s", name, took)
		}
		if n, _ := c.Requests(); n == 0 {
			t.Errorf("%s: nobody asked the collector", name)
		}
	}
	close(released)
}

func TestAFailureIsLoggedWhenItBeginsAndWhenItEnds(t *testing.T) {
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "5")
	c := collector.New(t)
	c.Instead(func(w http.ResponseWriter, _ *http.Request) bool {
		http.Error(w, "the tenant\nis \x1b[31munknown"+strings.Repeat("x", 1000), http.StatusForbidden)
		return true
	})
	log := &locked{}
	tr, err := New(t.Context(), Config{Getenv: c.Environment(nil), Log: slog.New(slog.NewJSONHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	until := func(done func() bool) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the log is %s", log.String())
			}
			_, span := tr.Root(t.Context(), "", "span", time.Time{})
			span.End()
		}
	}
	until(func() bool { n, _ := c.Requests(); return n > 3 })
	if text := log.String(); strings.Count(text, "takes no traces") != 1 || !strings.Contains(text, "the tenant") ||
		strings.Contains(text, "u001b") || len(text) > 1000 {
		t.Errorf("%d bytes: %s", len(text), text)
	}
	c.Instead(nil)
	until(func() bool { return strings.Contains(log.String(), "takes traces again") })
	tr.Close(t.Context())
}

func TestFilesOfTLSThatDoNotReadAreErrors(t *testing.T) {
	for variable, want := range map[string]string{
		"OTEL_EXPORTER_OTLP_CERTIFICATE": "CERTIFICATE", "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY": "CLIENT_KEY",
	} {
		_, err := New(t.Context(), Config{Getenv: env(map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": "https://127.0.0.1:1", variable: "/nowhere.pem"})})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", variable, err)
		}
	}
}
