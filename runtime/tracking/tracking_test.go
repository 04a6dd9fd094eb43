package tracking

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// scene is a plan that tells the double, a store, and what was noticed.
type scene struct {
	*double
	cfg     Config
	notices []string
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{double: newDouble(t)}
	kept, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	s.cfg = Config{
		Plan: &plan.Plan{Name: "credit", Environment: "prod", Tracking: &plan.Tracking{
			MLflow: &plan.MLflow{URI: s.URL + "/"}, OpenLineage: &plan.OpenLineage{URL: s.URL + "/lineage"},
		}},
		Store: kept, Getenv: func(name string) string {
			return map[string]string{"MLFLOW_TRACKING_TOKEN": "hunter2", "OPENLINEAGE_API_KEY": "hunter2"}[name]
		},
		Notice: func(line string) { s.notices = append(s.notices, line) }, Sleep: time.Millisecond,
	}
	return s
}

func record(n int) Record {
	at := time.Date(2026, 5, 1, 12, n, 0, 0, time.UTC)
	return Record{
		ID: fmt.Sprintf("20260501T12%02d", n), Blueprint: "credit", Environment: "prod", Model: "risk",
		Status: "succeeded", Author: "ada", Started: at, Finished: at.Add(time.Second),
		Params: map[string]string{"max_depth": "10"}, Metrics: map[string]float64{"roc_auc": 0.83, "bad": math.NaN()},
		Tags: map[string]string{"data_digest": "sha256:d", "model_digest": "sha256:m"}, Dataset: "loans",
	}
}

// left is how many records are kept to be told.
func (s *scene) left(t *testing.T) int {
	t.Helper()
	names, err := s.cfg.Store.ListRefs(context.Background(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	return len(slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, refusedPrefix) }))
}

func (s *scene) tell(t *testing.T, r Record) {
	t.Helper()
	r.Metrics = map[string]float64{"roc_auc": r.Metrics["roc_auc"]} // JSON has no NaN
	if err := New(s.cfg).Tell(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func TestARunIsToldWhole(t *testing.T) {
	s := newScene(t)
	s.tell(t, record(1))
	if s.left(t) != 0 || len(s.notices) > 0 {
		t.Errorf("%d are kept, %v", s.left(t), s.notices)
	}
	run := s.runs["run1"]
	for name, want := range map[string]any{
		"status": "FINISHED", "experiment": "1", "metric/roc_auc": 0.83, "param/max_depth": "10",
		"tag/data_digest": "sha256:d", "tag/ashlar.run_id": "credit/risk/20260501T1201", "tag/mlflow.user": "ada",
	} {
		if run[name] != want {
			t.Errorf("%s is %v, want %v", name, run[name], want)
		}
	}
	if len(s.runs) != 1 || s.experiments["credit"] != "1" || s.auth != "Bearer hunter2" {
		t.Errorf("%d runs, %v, %q", len(s.runs), s.experiments, s.auth)
	}
	if len(s.events) != 2 || s.events[0]["eventType"] != "START" || s.events[0]["eventTime"] != "2026-05-01T12:01:00Z" {
		t.Fatalf("%d events, first %v", len(s.events), s.events)
	}
	e := s.events[1]
	if s.events[0]["run"].(map[string]any)["runId"] != e["run"].(map[string]any)["runId"] {
		t.Error("the start and the end are of different runs")
	}
	uuids := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if id := e["run"].(map[string]any)["runId"].(string); e["eventType"] != "COMPLETE" || e["producer"] == nil ||
		e["schemaURL"] == nil || !uuids.MatchString(id) {
		t.Errorf("event %v", e)
	}
	if _, err := time.Parse(time.RFC3339Nano, e["eventTime"].(string)); err != nil {
		t.Error(err)
	}
	input := e["inputs"].([]any)[0].(map[string]any)
	if input["name"] != "credit/datasets/loans" ||
		input["facets"].(map[string]any)["version"].(map[string]any)["datasetVersion"] != "sha256:d" {
		t.Errorf("input %v", input)
	}
}

func TestNothingIsMissedWhileATrackerIsDown(t *testing.T) {
	s := newScene(t)
	for range 3 {
		s.fail(trouble{"experiments", 503, false})
	}
	s.tell(t, record(1))
	if s.left(t) != 1 || len(s.notices) != 1 ||
		!strings.Contains(s.notices[0], "mlflow does not accept records: HTTP 503; 1 kept, to be sent with the next run") {
		t.Errorf("%d are kept, %q", s.left(t), s.notices)
	}
	if len(s.events) != 2 {
		t.Errorf("the other tracker heard %d events", len(s.events))
	}
	s.tell(t, record(2))
	if s.left(t) != 0 || len(s.runs) != 2 || s.runs["run1"]["tag/ashlar.run_id"] != "credit/risk/20260501T1201" {
		t.Errorf("%d are kept, runs %v", s.left(t), s.runs)
	}
}

// Whatever answer is lost, and however often, one run is one run.
func TestARunIsOneHoweverOftenItIsTold(t *testing.T) {
	for _, path := range []string{"experiments/create", "runs/search", "runs/create", "log-batch", "runs/update"} {
		s := newScene(t)
		s.fail(trouble{path, 500, true}, trouble{path, 502, true})
		s.tell(t, record(1))
		if len(s.runs) != 1 || s.runs["run1"]["status"] != "FINISHED" || s.left(t) != 0 {
			t.Errorf("with %s lost twice: %v, %d kept", path, s.runs, s.left(t))
		}
	}
}

func TestARefusalIsNotRepeatedAndAWrongTokenIs(t *testing.T) {
	s := newScene(t)
	s.fail(trouble{"runs/create", 400, false})
	s.tell(t, record(1))
	if s.left(t) != 0 || len(s.notices) != 1 || !strings.Contains(s.notices[0], "mlflow refuses a run: HTTP 400") {
		t.Errorf("%d kept, %q", s.left(t), s.notices)
	}
	if aside, err := s.cfg.Store.GetRef(t.Context(), refusedPrefix+"mlflow/credit/risk/20260501T1201"); err != nil ||
		!strings.Contains(string(aside), "roc_auc") {
		t.Errorf("what was refused is not put aside: %q, %v", aside, err)
	}
	s.notices = nil
	s.fail(trouble{"experiments", 401, false})
	s.tell(t, record(2))
	if s.left(t) != 1 || len(s.notices) != 1 || strings.Contains(s.notices[0], "hunter2") {
		t.Errorf("%d kept, %q", s.left(t), s.notices)
	}
}

func TestFailedAndInterruptedRunsAreToldAsSuch(t *testing.T) {
	s := newScene(t)
	failed, stopped := record(1), record(2)
	failed.Status, failed.Error, stopped.Status = "failed", "the gate does not hold", "interrupted"
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stopped.Metrics = nil
	if err := New(s.cfg).Tell(ctx, stopped); err != nil || s.left(t) != 2 {
		t.Errorf("%v, %d kept", err, s.left(t))
	}
	s.tell(t, failed)
	if s.left(t) != 0 || len(s.runs) != 2 || len(s.events) != 4 {
		t.Fatalf("%d kept, %d runs, %d events", s.left(t), len(s.runs), len(s.events))
	}
	if s.runs["run1"]["status"] != "FAILED" || s.runs["run2"]["status"] != "KILLED" ||
		s.events[1]["eventType"] != "FAIL" || s.events[3]["eventType"] != "ABORT" {
		t.Errorf("%v, %v", s.runs, s.events)
	}
	facets := s.events[1]["run"].(map[string]any)["facets"].(map[string]any)
	if facets["errorMessage"].(map[string]any)["message"] != "the gate does not hold" {
		t.Errorf("facets %v", facets)
	}
}

func TestWhatIsToldOfARun(t *testing.T) {
	p := &plan.Plan{Name: "credit", Environment: "dev",
		Models: map[string]plan.Model{"risk": {Dataset: "loans", Algorithm: "random_forest",
			Params: plan.Params{"max_depth": 10.0}}}}
	one := run.Run{ID: "1", Blueprint: "credit", Unit: "risk", PlanDigest: "sha256:p", Status: run.Succeeded,
		Params: map[string]string{"algorithm": "random_forest", "max_depth": "10"}, Stages: []run.Result{
			{Stage: "ingest", Outputs: map[string]string{"data": "sha256:d"}},
			{Stage: "evaluate", Metrics: map[string]float64{"f1": 0.5}},
		}}
	r := Of(one, p, "abc")
	if r.Params["algorithm"] != "random_forest" || r.Params["max_depth"] != "10" || r.Metrics["f1"] != 0.5 ||
		r.Tags["data_digest"] != "sha256:d" || r.Tags["git_commit"] != "abc" || r.Dataset != "loans" {
		t.Errorf("%+v", r)
	}
	if New(Config{Plan: p}) != nil {
		t.Error("a plan that tells nobody is tracked")
	}
	if err := New(Config{Plan: p}).Run(t.Context(), &one); err != nil {
		t.Error(err)
	}
}
