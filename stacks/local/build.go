package local

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// Outcome is the result of one model's pipeline.
type Outcome = pipeline.Outcome

// PendingError says that versions wait for a person's approval.
type PendingError struct {
	Versions []registry.Version
	// Dir and State are the stack's, for the commands that help.
	Dir, State string
}

// Error names each version and the command that approves it.
func (e *PendingError) Error() string {
	var out []string
	for _, v := range e.Versions {
		n := strconv.Itoa(v.Version)
		out = append(out, fmt.Sprintf("model %s version %s is not approved, and only approved versions are served\n  look:    %s\n  approve: %s",
			v.Model, n, Command(e.Dir, e.State, "model", "show", v.Model, n),
			Command(e.Dir, e.State, "model", "approve", v.Model, n, "--by", "NAME")))
	}
	return strings.Join(out, "\n")
}

// Build takes every model of the plan through what makes it, and runs the
// pipelines that make none, in the order of plan.Units; versions are approved by
// policy where the plan says so. One that fails does not keep the others from
// being built; all failures are returned together.
//
// Each run is told to the trackers and written to dvc.lock as it ends, so that a process
// that is killed later has both for what was finished.
func (s *Stack) Build(ctx context.Context) ([]Outcome, error) {
	var outcomes []Outcome
	var problems []error
	for _, u := range s.cfg.Plan.Units() {
		o, err := s.runner.BuildJob(ctx, pipeline.Job{Unit: u})
		outcomes = append(outcomes, o)
		err = errors.Join(err, s.tracks.Run(ctx, o.Run), s.writeLock(ctx, u.Pipeline))
		if err != nil {
			problems = append(problems, err)
		}
		// The unit that was interrupted has been recorded above.
		if ctx.Err() != nil {
			break
		}
	}
	return outcomes, errors.Join(problems...)
}
