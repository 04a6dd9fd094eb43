package serve_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// scrape reads /metrics: "name{labels}" -> value.
func scrape(t testing.TB, s *serve.Server) map[string]string {
	t.Helper()
	w := ask(s, http.MethodGet, "/metrics", "")
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Fatalf("%d %s", w.Code, w.Header())
	}
	out := map[string]string{}
	for line := range strings.Lines(w.Body.String()) {
		if at := strings.LastIndexByte(line, ' '); at > 0 && line[0] != '#' {
			out[line[:at]] = strings.TrimSpace(line[at:])
		}
	}
	return out
}

// ours are the model's metrics that are not at zero, without the histogram's
// buckets and sums.
func ours(all map[string]string) map[string]string {
	out := map[string]string{}
	for name, v := range all {
		if strings.HasPrefix(name, "model_") && v != "0" && !strings.Contains(name, "_bucket") &&
			!strings.Contains(name, "_sum") {
			out[name] = v
		}
	}
	return out
}

const labels = `endpoint="scoring",model="default-risk",version="3"`

func TestMetricsAreWhatTheDocumentationSays(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	at := scrape(t, s)
	for _, name := range []string{
		"model_predictions_total{" + labels + "}", "model_prediction_duration_seconds_count{" + labels + "}",
		`model_requests_in_flight{endpoint="scoring"}`,
		`model_errors_total{code="400",` + labels + "}", `model_errors_total{code="422",` + labels + "}",
		`model_errors_total{code="503",` + labels + "}",
		`model_unknown_categories_total{endpoint="scoring",field="Home",model="default-risk",version="3"}`,
	} {
		if at[name] != "0" {
			t.Errorf("%s is %q before the first request, want 0", name, at[name])
		}
	}
	predict(s, positional)
	predict(s, `{"features": [[1, null, "tent", "1", true, null], [1, null, null, "9", true, null], [1, null, "own", "2", true, null]]}`)
	predict(s, "{")                                                          // 400
	predict(s, `{"features": [1, null, "tent", "7", true]}`)                 // 422
	predict(s, `{"features": [[1, null, "tent", "7", true, null], [1, 2]]}`) // 422
	ask(s, http.MethodPost, "/predict", positional, "Content-Type", "x/y")   // 415
	ask(s, http.MethodGet, "/predict", "")                                   // 405
	predict(s, strings.Repeat(" ", 2<<20))                                   // 413
	ask(s, http.MethodGet, "/nothing", "")
	ask(s, http.MethodGet, "/health", "")
	want := map[string]string{
		"model_predictions_total{" + labels +
			"}": "4",
		"model_prediction_duration_seconds_count{" + labels +
			"}": "2",
		`model_errors_total{code="400",` + labels +
			"}": "1",
		`model_errors_total{code="405",` + labels +
			"}": "1",
		`model_errors_total{code="413",` + labels +
			"}": "1",
		`model_errors_total{code="415",` + labels +
			"}": "1",
		`model_errors_total{code="422",` + labels +
			"}": "2",
		`model_unknown_categories_total{endpoint="scoring",field="Home",model="default-risk",version="3"}`:                            "1",
		`model_unknown_categories_total{endpoint="scoring",field="Band",model="default-risk",version="3"}`:                            "1",
		`model_info{algorithm="random_forest",digest="sha256:abc",endpoint="scoring",model="default-risk",task="binary",version="3"}`: "1",
		"model_traffic_percent{" + labels +
			"}": "100",
	}
	if diff := cmp.Diff(want, ours(scrape(t, s))); diff != "" {
		t.Error(diff)
	}
}

func TestMetricsFollowTheVersionServed(t *testing.T) {
	s, err := serve.New(serve.Config{Endpoint: "scoring"})
	if err != nil {
		t.Fatal(err)
	}
	refused(t, predict(s, positional), http.StatusServiceUnavailable)
	if got := ours(scrape(t, s)); got[`model_errors_total{code="503",endpoint="scoring",model="",version=""}`] != "1" ||
		len(got) != 1 {
		t.Errorf("without a model: %v", got)
	}
	info := func() (served []string) {
		for name, v := range scrape(t, s) {
			if strings.HasPrefix(name, "model_info") && v == "1" {
				served = append(served, name[strings.Index(name, "version"):])
			}
		}
		return served
	}
	for _, v := range []int{1, 2} {
		if err := s.Swap(&serve.Served{Model: loans(t), Version: v}); err != nil {
			t.Fatal(err)
		}
		fine(t, s, positional)
	}
	if diff := cmp.Diff([]string{`version="2"}`}, info()); diff != "" {
		t.Error(diff)
	}
	got := scrape(t, s)
	for _, v := range []string{"1", "2"} {
		if n := got[`model_predictions_total{endpoint="scoring",model="default-risk",version="`+v+`"}`]; n != "1" {
			t.Errorf("version %s predicted %s rows", v, n)
		}
	}
	if err := s.Swap(nil); err != nil || info() != nil {
		t.Errorf("nothing is served, yet %v (%v)", info(), err)
	}
}

func TestTheEvaluationOfTheServedVersionIsExported(t *testing.T) {
	s, err := serve.New(serve.Config{Endpoint: "scoring"})
	if err != nil {
		t.Fatal(err)
	}
	exported := func() map[string]string {
		out := map[string]string{}
		for name, v := range scrape(t, s) {
			if strings.HasPrefix(name, "model_metric{") {
				out[name] = v
			}
		}
		return out
	}
	for _, step := range []struct {
		next *serve.Served
		want map[string]string
	}{
		{&serve.Served{Model: loans(t), Version: 1,
			Metrics: map[string]float64{"roc_auc": 0.84, "log_loss": 0.5}}, map[string]string{
			`model_metric{endpoint="scoring",metric="roc_auc",model="default-risk",version="1"}`:  "0.84",
			`model_metric{endpoint="scoring",metric="log_loss",model="default-risk",version="1"}`: "0.5",
		}},
		{&serve.Served{Model: withMetrics(loans(t), map[string]float64{"roc_auc": 0.9}), Version: 2}, map[string]string{
			`model_metric{endpoint="scoring",metric="roc_auc",model="default-risk",version="2"}`: "0.9",
		}},
		{nil, map[string]string{}},
	} {
		if err := s.Swap(step.next); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, exported()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDurationsAreCountedExactlyAtAnSLOsThreshold(t *testing.T) {
	registry := prometheus.NewRegistry()
	m, err := serve.NewMetrics(registry, 0.05, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(0, 0)
	clock := func() time.Time { now = now.Add(150 * time.Millisecond); return now } // what lies between two readings
	s := serving(t, loans(t), serve.Config{Registry: registry, Metrics: m, Now: clock})
	fine(t, s, positional)
	got := scrape(t, s)
	bucket := func(le string) string {
		return got[`model_prediction_duration_seconds_bucket{endpoint="scoring",model="default-risk",version="3",le="`+
			le+`"}`]
	}
	if bucket("0.1") != "0" || bucket("0.3") != "1" || bucket("0.05") != "0" || bucket("+Inf") != "1" {
		t.Errorf("buckets %q %q %q", bucket("0.05"), bucket("0.1"), bucket("0.3"))
	}
	if _, err := serve.NewMetrics(registry); err == nil {
		t.Error("one registry took the metrics twice")
	}
	for _, bad := range []float64{0, -1} {
		if _, err := serve.NewMetrics(prometheus.NewRegistry(), bad); err == nil {
			t.Errorf("a threshold of %v was taken", bad)
		}
	}
}

func TestEndpointsShareOneRegistry(t *testing.T) {
	registry := prometheus.NewRegistry()
	m, err := serve.NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	var last *serve.Server
	for _, name := range []string{"a", "b"} {
		s, err := serve.New(serve.Config{Endpoint: name, Registry: registry, Metrics: m})
		if err == nil {
			err = s.Swap(&serve.Served{Model: constant(t, 1), Version: 1})
		}
		if err != nil {
			t.Fatal(err)
		}
		fine(t, s, `{"features": [1]}`)
		last = s
	}
	got := scrape(t, last)
	for _, name := range []string{"a", "b"} {
		if n := got[`model_predictions_total{endpoint="`+name+`",model="constant",version="1"}`]; n != "1" {
			t.Errorf("endpoint %s predicted %s", name, n)
		}
	}
}

// clumsy is an observer that panics.
type clumsy struct{}

func (clumsy) Observe([]float64, []string, model.Score) { panic("a bug") }

func TestAPanicIsA500AndNobodyElsesMisfortune(t *testing.T) {
	s := serving(t, loans(t), serve.Config{MaxInFlight: 1})
	if err := s.Swap(&serve.Served{Model: loans(t), Version: 3, Observer: clumsy{}}); err != nil {
		t.Fatal(err)
	}
	for range 3 { // more than may be in flight
		if p := refused(t, predict(s, positional), http.StatusInternalServerError); p.Code != "internal" ||
			strings.Contains(p.Message, "bug") {
			t.Errorf("%+v", p)
		}
	}
	got := scrape(t, s)
	if got[`model_errors_total{code="500",`+labels+"}"] != "3" || got["model_predictions_total{"+labels+"}"] != "0" ||
		got[`model_requests_in_flight{endpoint="scoring"}`] != "0" {
		t.Errorf("%v", ours(got))
	}
	if err := s.Swap(&serve.Served{Model: loans(t), Version: 4}); err != nil {
		t.Fatal(err)
	}
	fine(t, s, positional)
}

// withMetrics returns a copy of the model that carries the metrics.
func withMetrics(m *model.Model, metrics map[string]float64) *model.Model {
	c := *m
	c.Metrics = metrics
	return &c
}

// silent is a model's server that does not answer.
type silent struct{}

func (silent) Call(context.Context, []string, [][]any) ([]any, error) {
	return nil, errors.New("connection refused")
}

func TestAModelWhoseServerDoesNotAnswerIsCounted(t *testing.T) {
	m := constant(t, 1)
	m.Algorithm, m.Linear = plan.Custom, nil
	m.Remote = &model.Remote{Serve: []string{"serve"}, Path: "model", Artifact: "sha256:" + strings.Repeat("0", 64)}
	if err := m.Attach(silent{}); err != nil {
		t.Fatal(err)
	}
	s := serving(t, m, serve.Config{})
	refused(t, predict(s, `{"features": [1]}`), http.StatusBadGateway)
	refused(t, predict(s, `{"features": [[1], [2]]}`), http.StatusBadGateway)
	series := `model_errors_total{code="502",endpoint="scoring",model="constant",version="3"}`
	if n := scrape(t, s)[series]; n != "2" {
		t.Errorf("%s is %q, want 2", series, n)
	}
	if schema := ask(s, http.MethodGet, "/schema", "").Body.String(); !strings.Contains(schema, `"502"`) {
		t.Error("the document lacks the 502")
	}
}
