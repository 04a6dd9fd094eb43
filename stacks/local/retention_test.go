//go:build unix

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/retain"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// kept is a blueprint whose data may be kept for thirty days, with a stage that
// reads, prints and copies them.
func kept() *plan.Plan {
	return &plan.Plan{
		APIVersion: plan.APIVersion, Name: "p", Environment: "dev", Seed: 1,
		Datasets: map[string]plan.Dataset{"d": {
			Source: "d.csv", Format: "csv", Retention: "30d",
			CSV: plan.CSVOptions{Delimiter: ",", NullValue: []string{""}},
			Columns: map[string]plan.Column{"x": {Type: plan.Number},
				"who": {Type: plan.Category, Anonymise: plan.Hash},
				"y":   {Type: plan.Category, Values: []string{"a", "b"}}},
		}},
		Models: map[string]plan.Model{"m": {
			Dataset: "d", Target: "y", Task: plan.Binary, Positive: "b", Features: []string{"x", "who"},
			Algorithm: plan.LogisticRegression, Params: plan.Params{},
			Preprocessing: plan.Preprocessing{Numeric: "median", Categorical: "one_hot", Scale: true},
			Split:         plan.Split{TestSize: 0.25, Stratified: true},
			Approval:      plan.Approval{Policy: "auto"},
		}},
		Pipelines: map[string]plan.Pipeline{"line": {
			Model: "m", RetryDelay: "1s", Concurrency: plan.Forbid,
			Stages: map[string]plan.Stage{"look": {Cmd: []string{"cat ingest/data.csv | tee copy.csv; mkdir sub; cp copy.csv sub/again.csv; echo x >> sub/again.csv"}, Deps: []string{"ingest:data.csv"}, Outs: []string{"copy.csv", "sub"}}},
		}},
		Endpoints: map[string]plan.Endpoint{"e": {Model: "m",
			Drift: &plan.Drift{Window: "1h", MinRows: 10, Tests: "auto",
				Alert: plan.DriftAlert{Share: 0.5, Windows: 1}}}},
	}
}

// past opens the stack with a clock that is so far ahead.
func past(t *testing.T, dir, state string, ahead time.Duration) *Stack {
	t.Helper()
	s, err := Open(t.Context(), Config{Plan: kept(), Dir: dir, State: state, Listen: "127.0.0.1:0", Author: "ada",
		Getenv: os.Getenv, Now: func() time.Time { return time.Now().Add(ahead) }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// kept reports which of the digests the store still has.
func (s *Stack) kept(t *testing.T, digests map[string]string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for what, digest := range digests {
		there, err := s.state.Store.Has(context.Background(), digest)
		if err != nil {
			t.Fatal(what, err)
		}
		out[what] = there
	}
	return out
}

func lay(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	text := "x,who,y\n"
	for i := range 80 {
		text += fmt.Sprintf("%d,p%d,%s\n", i, i%3, []string{"a", "b"}[i*7%2])
	}
	if err := os.WriteFile(filepath.Join(dir, "d.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// made are the digests of what holds rows of a run, and of what was learnt.
func made(r *run.Run) (rows, learnt map[string]string) {
	rows, learnt = map[string]string{}, map[string]string{}
	for _, res := range r.Stages {
		switch res.Stage {
		case plan.StageIngest:
			rows["rows"] = res.Outputs["rows"]
		case plan.StageValidate:
			rows["validation report"] = res.Outputs["report"]
		case plan.StageTrain:
			learnt["model"] = res.Outputs["model"]
		case plan.StageEvaluate:
			learnt["evaluation"], learnt["reference"] = res.Outputs["report"], res.Outputs["reference"]
		case "look":
			rows["log"], rows["copy"], rows["folder"] = res.Log, res.Files["copy.csv"].Digest, res.Files["sub"].Digest
			rows["given"] = res.Deps["ingest/data.csv"].Digest
		}
	}
	return rows, learnt
}

func TestWhatIsKeptOfADatasetGoesWithItsRetention(t *testing.T) {
	dir, state := lay(t), filepath.Join(t.TempDir(), "state")
	s := past(t, dir, state, 0)
	outcomes, err := s.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, learnt := made(outcomes[0].Run)
	const window = "drift/e/m-1"
	if err := s.state.Store.PutRef(t.Context(), window, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	due, err := retain.Sweep(t.Context(),
		retain.Config{Plan: kept(), Store: s.state.Store, Author: "ada",
			Now: func() time.Time { return time.Now().Add(31 * 24 * time.Hour) }, DryRun: true})
	if err != nil || len(due) < len(rows) {
		t.Errorf("a dry run finds %d things: %v", len(due), err)
	}
	for what, there := range s.kept(t, rows) {
		if !there {
			t.Errorf("%s is gone after a dry run, or never was", what)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A day before, everything stays; a day after, the rows go and what was learnt stays.
	s = past(t, dir, state, 29*24*time.Hour)
	for what, there := range s.kept(t, rows) {
		if !there {
			t.Errorf("%s is gone before it is due", what)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = past(t, dir, state, 31*24*time.Hour)
	defer func() { _ = s.Close() }()
	for what, there := range s.kept(t, rows) {
		if there {
			t.Errorf("%s is kept for longer than the retention", what)
		}
	}
	for what, there := range s.kept(t, learnt) {
		if !there {
			t.Errorf("%s is gone with the rows", what)
		}
	}
	if _, err := s.state.Store.PeekRef(t.Context(), window); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a window of requests is kept: %v", err)
	}
	audited(t, s, rows)
	again(t, s, learnt)
}

// audited looks for a line of the log for each deletion.
func audited(t *testing.T, s *Stack, rows map[string]string) {
	t.Helper()
	entries, err := s.state.Registry.Audit(t.Context(), registry.Filter{Action: registry.ActionForget})
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprint(entries)
	for what, digest := range rows {
		if !strings.Contains(said, digest) {
			t.Errorf("the audit log does not say that %s %s was deleted", what, digest)
		}
	}
	if err := s.state.Registry.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

// again runs once more after the sweep: rows that are read again are young.
func again(t *testing.T, s *Stack, learnt map[string]string) {
	t.Helper()
	outcomes, err := s.Build(t.Context())
	if err != nil {
		t.Fatalf("after a sweep: %v", err)
	}
	if got := outcomes[0].Run.Output(plan.StageTrain, "model"); got != learnt["model"] {
		t.Errorf("the same rows give model %s, before the sweep %s", got, learnt["model"])
	}
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh := outcomes[0].Run.Output(plan.StageIngest, "rows")
	if there, err := s.state.Store.Has(t.Context(), fresh); err != nil || !there {
		t.Errorf("rows that were read today went with those of a month ago: %v", err)
	}
	if reasons, err := (govern.Requirements{Model: "m", Approval: plan.Approval{Policy: "auto"}, Rules: s.rules,
		Now: s.cfg.Now()}).Objections(outcomes[0].Version); err != nil || len(reasons) > 0 {
		t.Errorf("the version cannot be served any more: %v %v", reasons, err)
	}
}

func TestWithoutARetentionNothingGoes(t *testing.T) {
	p := kept()
	d := p.Datasets["d"]
	d.Retention = ""
	p.Datasets["d"] = d
	s := past(t, lay(t), filepath.Join(t.TempDir(), "state"), 0)
	defer func() { _ = s.Close() }()
	if _, err := s.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	gone, err := retain.Sweep(t.Context(),
		retain.Config{Plan: p, Store: s.state.Store, Author: "ada",
			Now: func() time.Time { return time.Now().Add(1000 * 24 * time.Hour) }})
	if err != nil || len(gone) > 0 {
		t.Errorf("%d things: %v", len(gone), err)
	}
}
