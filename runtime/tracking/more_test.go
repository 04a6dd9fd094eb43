package tracking

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

func TestManyParamsLongValuesStepsAndArtifactsAllArrive(t *testing.T) {
	s := newScene(t)
	digest, _, err := s.cfg.Store.Put(t.Context(), strings.NewReader(`{"auc":1}`))
	if err != nil {
		t.Fatal(err)
	}
	r := record(1)
	for i := range 250 {
		r.Params[fmt.Sprintf("p%03d", i)] = fmt.Sprint(i)
	}
	r.Params["long"] = strings.Repeat("x", 900)
	for i := range 2500 {
		r.Points = append(r.Points, Point{"loss", int64(i), float64(i)})
	}
	r.Artifacts = map[string]string{"evaluation.json": digest, "gone.json": "sha256:" + strings.Repeat("0", 64)}
	s.tell(t, r)
	run := s.runs["run1"]
	if run["param/p249"] != "249" || run["metric/loss"] != 2499.0 || run["tag/ashlar.cut"] != "long" ||
		len(fmt.Sprint(run["param/long"])) != maxParamValue {
		t.Errorf("p249 %v, loss %v, cut %v", run["param/p249"], run["metric/loss"], run["tag/ashlar.cut"])
	}
	if s.files["1/run1/artifacts/evaluation.json"] != `{"auc":1}` || len(s.files) != 1 {
		t.Errorf("files %v", s.files)
	}
	if len(s.notices) > 0 || s.left(t) > 0 {
		t.Errorf("%d kept, %q", s.left(t), s.notices)
	}
}

func TestOneBadRecordKeepsNoOtherFromBeingTold(t *testing.T) {
	s := newScene(t)
	s.fail(trouble{"log-batch", 404, false}) // the first run's, as if it had been deleted there
	s.cfg.Plan.Tracking.OpenLineage = nil
	s.tell(t, record(1))
	if s.left(t) != 1 {
		t.Fatalf("%d kept", s.left(t))
	}
	s.fail(trouble{"log-batch", 404, false})
	s.tell(t, record(2))
	if s.left(t) != 1 || s.runs["run2"]["status"] != "FINISHED" {
		t.Errorf("%d kept, runs %v", s.left(t), s.runs)
	}
	if err := s.cfg.Store.PutRef(t.Context(), prefix+"mlflow/credit/risk/0", []byte("{half")); err != nil {
		t.Fatal(err)
	}
	s.tell(t, record(3))
	if s.left(t) != 0 || s.runs["run3"]["status"] != "FINISHED" {
		t.Errorf("after one that cannot be read: %d kept", s.left(t))
	}
	if _, err := s.cfg.Store.GetRef(t.Context(), refusedPrefix+"mlflow/credit/risk/0"); err != nil {
		t.Errorf("what could not be read is not put aside: %v", err)
	}
}

func TestWeightsAndBiases(t *testing.T) {
	s := newScene(t)
	s.cfg.Plan.Tracking = &plan.Tracking{WandB: &plan.WandB{BaseURL: s.URL, Entity: "lending"}}
	s.cfg.Getenv = func(name string) string { return map[string]string{"WANDB_API_KEY": "hunter2"}[name] }
	s.fail(trouble{"graphql", 502, true}, trouble{"file_stream", 503, false})
	r := record(1)
	r.Points = []Point{{"fold_roc_auc", 0, 0.8}, {"fold_roc_auc", 1, 0.9}}
	s.tell(t, r)
	if len(s.runs) != 1 || len(s.files) != 1 || s.left(t) != 0 {
		t.Fatalf("%d runs, files %v, %d kept, %q", len(s.runs), s.files, s.left(t), s.notices)
	}
	for name, run := range s.runs {
		if !strings.Contains(fmt.Sprint(run["summary"]), `"roc_auc":0.83`) ||
			!strings.Contains(fmt.Sprint(run["config"]), `"max_depth":{"value":"10"}`) {
			t.Errorf("%v", run)
		}
		stream := s.files["/files/lending/credit/"+strings.TrimPrefix(name, "wandb/")+"/file_stream"]
		if !strings.Contains(stream, `"fold_roc_auc":0.9`) || !strings.HasSuffix(stream, "0") {
			t.Errorf("stream %q", stream)
		}
	}
	s.cfg.Getenv = func(string) string { return "" }
	s.tell(t, record(2))
	if s.left(t) != 1 {
		t.Errorf("without a key %d are kept, %q", s.left(t), s.notices)
	}
}

func TestLineageInAFileStandsThereOnce(t *testing.T) {
	s := newScene(t)
	s.cfg.Dir = t.TempDir()
	s.cfg.Plan.Tracking = &plan.Tracking{OpenLineage: &plan.OpenLineage{File: "lineage.jsonl"}}
	file := filepath.Join(s.cfg.Dir, "lineage.jsonl")
	if err := os.WriteFile(file, []byte(`{"half": "a li`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.tell(t, record(1))
	s.tell(t, record(1))
	s.tell(t, record(2))
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines:\n%s", len(lines), b)
	}
	for i, want := range []string{"START", "COMPLETE", "START", "COMPLETE"} {
		var e map[string]any
		if err := json.Unmarshal([]byte(lines[i+1]), &e); err != nil || e["eventType"] != want {
			t.Errorf("line %d: %v, %v", i+1, e["eventType"], err)
		}
	}
}

// TestEveryTrackerHearsOfTrialsAndFolds has a search whose chosen parameters are
// not those that the plan begins with.
func TestEveryTrackerHearsOfTrialsAndFolds(t *testing.T) {
	s := newScene(t)
	digest, _, err := s.cfg.Store.Put(t.Context(), strings.NewReader(`{"params":{"max_depth":12},
		"cross_validation":{"folds":2,"metrics":{"f1":{"values":[0.1,0.2],"mean":0.15,"std":0.05}}},
		"search":{"method":"grid","metric":"f1","space":{"max_depth":[6,12]},"best":1,"trials":[{"params":{"max_depth":6},"mean":0.3,"std":0.1},{"params":{"max_depth":12},"mean":0.4,"std":0.2}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	one := &run.Run{
		ID: "1", Blueprint: "credit", Unit: "risk", Status: run.Succeeded, StartedAt: time.Unix(0, 0),
		FinishedAt: time.Unix(1, 0),
		Params:     map[string]string{"max_depth": "12"},
		Stages:     []run.Result{{Stage: "train", Outputs: map[string]string{"report": digest}}},
	}
	s.cfg.Plan.Tracking.WandB = &plan.WandB{BaseURL: s.URL, Entity: "lending"}
	s.cfg.Getenv = func(name string) string { return map[string]string{"WANDB_API_KEY": "hunter2"}[name] }
	if err := New(s.cfg).Run(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	mlflow := s.runs["run1"]
	for name, want := range map[string]any{
		"param/max_depth": "12", "param/search.space.max_depth": "6, 12", "param/search.trials": "2",
		"param/search.best_trial": "1",
		"metric/cv_f1_mean":       0.15, "metric/cv_f1_std": 0.05, "metric/search_f1_mean": 0.4, "metric/fold_f1": 0.2,
		"metric/trial_f1": 0.4, "metric/trial_f1_std": 0.2, "metric/trial_param_max_depth": 12.0,
	} {
		if mlflow[name] != want {
			t.Errorf("mlflow: %s is %v, want %v", name, mlflow[name], want)
		}
	}
	facets := s.events[1]["run"].(map[string]any)["facets"].(map[string]any)
	if text := fmt.Sprint(facets["ashlar_training"], facets["ashlar_params"],
		facets["ashlar_metrics"]); !strings.Contains(text, "mean:0.4") || !strings.Contains(text, "max_depth:12") ||
		!strings.Contains(text, "cv_f1_mean:0.15") {
		t.Errorf("lineage has %s", text)
	}
	for name, run := range s.runs {
		if config := fmt.Sprint(run["config"]); strings.HasPrefix(name, "wandb/") &&
			(!strings.Contains(config, `"max_depth":{"value":"12"}`) || !strings.Contains(config, `"mean":0.3`)) {
			t.Errorf("config %s", config)
		}
	}
	if s.left(t) > 0 || len(s.notices) > 0 {
		t.Errorf("%d kept, %q", s.left(t), s.notices)
	}
}

func TestADamagedRecordBlocksNoOther(t *testing.T) {
	s := newScene(t)
	dir := t.TempDir()
	kept, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	s.cfg.Store = kept
	const name = prefix + "mlflow/credit/risk/20260501T1200"
	if err := kept.PutRef(t.Context(), name, []byte(`{"id": "one"}`)); err != nil {
		t.Fatal(err)
	}
	damaged := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, "20260501T1200") {
			return err
		}
		damaged++
		return os.WriteFile(path, []byte("damaged"), 0o600)
	})
	if err != nil || damaged == 0 {
		t.Fatalf("%d files were damaged (%v)", damaged, err)
	}
	s.tell(t, record(1))
	if len(s.runs) != 1 || s.left(t) != 0 {
		t.Errorf("%d runs were told and %d are kept: %v", len(s.runs), s.left(t), s.notices)
	}
	aside, err := kept.GetRef(t.Context(), refusedPrefix+"mlflow/credit/risk/20260501T1200")
	if err != nil || !strings.Contains(string(aside), "bytes in the store were changed") {
		t.Errorf("it is not put aside: %q, %v", aside, err)
	}
}
