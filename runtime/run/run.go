// Package run is the record of a run and how it is kept: what a pass through a pipeline was asked to do, what each of
// its stages made, and how it ended.
//
// Whoever runs stages writes records, and everything else reads them: the command line, trackers, notifications,
// retention and the page of a stack. So the record is a package of its own, which knows no stage and runs nothing. Its
// JSON is read by every later version of Ashlar: fields are added and keep their names.
package run

import (
	"context"
	"errors"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/tuning"
)

// Status is the state of a run or of a stage.
type Status string

// The states. A run that is Running when no process runs it was interrupted; see MarkInterrupted.
const (
	Running     Status = "running"
	Succeeded   Status = "succeeded"
	Failed      Status = "failed"
	Interrupted Status = "interrupted" // it was cancelled, or its process ended before it did; no stage is
)

// Run is the record of one pass through a pipeline.
type Run struct {
	ID        string `json:"id"` // unique among the unit's runs; later runs sort after earlier ones
	Blueprint string `json:"blueprint"`
	// Unit is what the run is of, and part of the name that its record is kept under: the model that it trains, or the
	// pipeline where that trains none. JSON calls it model, as it has since units were models only.
	Unit string `json:"model"`
	// Pipeline has custom stages; it is empty where the run trains a model in the built-in stages alone.
	Pipeline   string `json:"pipeline,omitempty"`
	Date       string `json:"date,omitempty"` // that it stands for, where it was asked for
	PlanDigest string `json:"plan_digest"`
	Trigger    string `json:"trigger"`
	Author     string `json:"author"`
	Commit     string `json:"commit,omitempty"`
	// Params are the model's: the chosen ones, once it is trained. Training is how they were chosen, and Environment
	// what the run ran in.
	Params      map[string]string `json:"params,omitempty"`
	Training    *tuning.Report    `json:"training,omitempty"`
	Environment map[string]string `json:"environment,omitempty"`
	Status      Status            `json:"status"`
	Error       string            `json:"error,omitempty"`
	StartedAt   time.Time         `json:"started_at"`
	FinishedAt  time.Time         `json:"finished_at,omitzero"`
	Stages      []Result          `json:"stages"` // in the order in which they began
}

// Stage returns the result of the stage, nil where the run has not begun it.
func (r *Run) Stage(name string) *Result {
	for i := range r.Stages {
		if r.Stages[i].Stage == name {
			return &r.Stages[i]
		}
	}
	return nil
}

// Reused reports whether every stage was taken from the store. Of a run without a stage none was.
func (r *Run) Reused() bool {
	for i := range r.Stages {
		if !r.Stages[i].Reused {
			return false
		}
	}
	return len(r.Stages) > 0
}

// MadeAt returns when the stage's outputs were made, by this run or an earlier one; zero where there are none.
func (r *Run) MadeAt(stage string) time.Time {
	if s := r.Stage(stage); s != nil {
		return s.MadeAt
	}
	return time.Time{}
}

// Output returns the named output of the stage, or "".
func (r *Run) Output(stage, name string) string {
	if s := r.Stage(stage); s != nil {
		return s.Outputs[name]
	}
	return ""
}

// Finish ends the run: it has succeeded where err is nil, was interrupted where err is that of a cancelled context, and
// has failed otherwise.
func (r *Run) Finish(now time.Time, err error) {
	r.FinishedAt = now.UTC()
	switch {
	case err == nil:
		r.Status = Succeeded
	case errors.Is(err, context.Canceled):
		r.Status, r.Error = Interrupted, err.Error()
	default:
		r.Status, r.Error = Failed, err.Error()
	}
}

// Span returns when the first of the run's stages began and the last one ended, which need not be the first and the
// last in the record. Of a run without a stage both are when it started.
func (r *Run) Span() (start, end time.Time) {
	start, end = r.StartedAt, r.StartedAt
	for i := range r.Stages {
		from := r.Stages[i].Started
		to := from.Add(r.Stages[i].Duration)
		if i == 0 || from.Before(start) {
			start = from
		}
		if i == 0 || to.After(end) {
			end = to
		}
	}
	return start, end
}
