package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/tuning"
)

// Status is the state of a run or of a stage.
type Status string

// The states. A run found "running" by the next process was interrupted.
const (
	Running     Status = "running"
	Succeeded   Status = "succeeded"
	Failing     Status = "failed"
	Interrupted Status = "interrupted"
)

// Run is the record of one pass through a pipeline.
type Run struct {
	ID         string `json:"id"`
	Blueprint  string `json:"blueprint"`
	Model      string `json:"model"` // or the pipeline, where it has none
	Pipeline   string `json:"pipeline,omitempty"`
	Date       string `json:"date,omitempty"` // that it stands for, where it was asked for
	PlanDigest string `json:"plan_digest"`
	Trigger    string `json:"trigger"`
	Author     string `json:"author"`
	Commit     string `json:"commit,omitempty"`
	// Params are the model's: the chosen ones, once it is trained. Training is how
	// they were chosen, and Environment what the run ran in.
	Params      map[string]string `json:"params,omitempty"`
	Training    *tuning.Report    `json:"training,omitempty"`
	Environment map[string]string `json:"environment,omitempty"`
	Status      Status            `json:"status"`
	Error       string            `json:"error,omitempty"`
	StartedAt   time.Time         `json:"started_at"`
	FinishedAt  time.Time         `json:"finished_at,omitzero"`
	Stages      []Result          `json:"stages"`
}

// Result is the result of a stage.
type Result struct {
	Stage  string `json:"stage"`
	Key    string `json:"key,omitempty"` // digest of everything it depends on
	Status Status `json:"status"`
	Reused bool   `json:"reused"`
	Detail string `json:"detail,omitempty"` // a line for people
	// Outputs are digests of objects in the store, or of data, by name.
	Outputs map[string]string `json:"outputs,omitempty"`
	// Files are what a custom stage made, and Deps what it read, by path.
	Files   map[string]artifact.Artifact `json:"files,omitempty"`
	Deps    map[string]artifact.Artifact `json:"deps,omitempty"`
	Params  map[string]any               `json:"params,omitempty"` // that it was given
	Metrics map[string]float64           `json:"metrics,omitempty"`
	Log     string                       `json:"log,omitempty"` // digest of what it printed
	// Confinement is what held the stage's command, or of evaluate the server of the
	// model, and what this machine could not prevent.
	Confinement *confine.Report `json:"confinement,omitempty"`
	Attempts    int             `json:"attempts,omitempty"`
	Error       string          `json:"error,omitempty"`
	MadeAt      time.Time       `json:"made_at,omitzero"` // when the outputs were made, by this run or an earlier one
	Started     time.Time       `json:"started_at"`
	Duration    time.Duration   `json:"duration_ns"`
}

// Reused reports whether every stage but the last was taken from the store.
// Registration is always asked again and answers with the version it has.
func (r *Run) Reused() bool {
	for _, s := range r.Stages {
		if !s.Reused {
			return false
		}
	}
	return len(r.Stages) > 0
}

// MadeAt returns when the stage's outputs were made.
func (r *Run) MadeAt(stage string) time.Time {
	for _, s := range r.Stages {
		if s.Stage == stage {
			return s.MadeAt
		}
	}
	return time.Time{}
}

// Output returns the named output of the stage, or "".
func (r *Run) Output(stage, name string) string {
	for _, s := range r.Stages {
		if s.Stage == stage {
			return s.Outputs[name]
		}
	}
	return ""
}

func newRun(cfg Config, job Job, planDigest string) *Run {
	now := cfg.Now().UTC()
	r := &Run{
		ID:         job.ID,
		Blueprint:  cfg.Plan.Name,
		Model:      job.Name(),
		Pipeline:   job.Pipeline,
		Date:       job.Date,
		PlanDigest: planDigest,
		Trigger:    cfg.Trigger,
		Author:     cfg.Author,
		Commit:     cfg.Commit,
		Params:     paramsOf(cfg, job), Environment: environment(),
		Status:    Running,
		StartedAt: now,
	}
	if r.ID == "" {
		r.ID = now.Format(idFormat)
	}
	return r
}

// paramsOf are the parameters of the job's model, as text.
func paramsOf(cfg Config, job Job) map[string]string {
	m, ok := cfg.Plan.Models[job.Model]
	if !ok {
		return nil
	}
	out := map[string]string{"algorithm": m.Algorithm}
	for name, value := range m.Params {
		out[name] = tuning.Text(value)
	}
	maps.Copy(out, spaceOf(m))
	return out
}

// environment is what this process is and runs on.
func environment() map[string]string {
	out := map[string]string{"go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
		"cores": fmt.Sprint(runtime.NumCPU())}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		out["ashlar"] = info.Main.Version
	}
	return out
}

// idFormat makes IDs that sort by time.
const idFormat = "20060102T150405.000000000Z"

func (r *Run) finish(now time.Time, err error) {
	r.FinishedAt = now.UTC()
	r.Status = Succeeded
	if err != nil {
		r.Status, r.Error = Failing, err.Error()
		if errors.Is(err, context.Canceled) {
			r.Status = Interrupted
		}
	}
}

func runRef(model, id string) string { return "runs/" + model + "/" + id }

func saveRun(ctx context.Context, s *store.Store, r *Run) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.ID, err)
	}
	return s.PutRef(ctx, runRef(r.Model, r.ID), b)
}

// Runs returns the model's recorded runs, newest first, at most limit of them.
// A record that cannot be read is left out: it was never whole.
func Runs(ctx context.Context, s *store.Store, model string, limit int) ([]Run, error) {
	names, err := s.ListRefs(ctx, "runs/"+model+"/")
	if err != nil {
		return nil, fmt.Errorf("runs of %s: %w", model, err)
	}
	var out []Run
	for i := len(names) - 1; i >= 0 && len(out) < limit; i-- {
		b, err := s.GetRef(ctx, names[i])
		if err != nil {
			continue
		}
		var r Run
		if plan.Unmarshal(b, &r) == nil {
			out = append(out, r)
		}
	}
	return out, nil
}

// Models returns the models that have recorded runs, sorted.
func Models(ctx context.Context, s *store.Store) ([]string, error) {
	names, err := s.ListRefs(ctx, "runs/")
	if err != nil {
		return nil, fmt.Errorf("runs: %w", err)
	}
	var out []string
	for _, name := range names {
		model, _, ok := strings.Cut(strings.TrimPrefix(name, "runs/"), "/")
		if ok && !slices.Contains(out, model) {
			out = append(out, model)
		}
	}
	slices.Sort(out)
	return out, nil
}

// MarkInterrupted ends the records of runs whose process died: of the author's
// runs, or of all where that is empty. Call it where no such run can be under
// way.
func MarkInterrupted(ctx context.Context, s *store.Store, model, author string, now time.Time) error {
	runs, err := Runs(ctx, s, model, 50)
	if err != nil {
		return err
	}
	for i := range runs {
		if runs[i].Status != Running || author != "" && runs[i].Author != author {
			continue
		}
		runs[i].Status, runs[i].FinishedAt = Interrupted, now.UTC()
		runs[i].Error = "the process ended before the run did; the next run continues from the last finished stage"
		if err := saveRun(ctx, s, &runs[i]); err != nil {
			return err
		}
	}
	return nil
}
