package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// Outcome is what one model's pipeline came to.
type Outcome struct {
	Model   string           `json:"model"`
	Run     *pipeline.Run    `json:"run"`
	Version registry.Version `json:"version"`
}

// PendingError says that versions wait for a person's approval.
type PendingError struct{ Versions []registry.Version }

// Error names each version and the command that approves it.
func (e *PendingError) Error() string {
	var out []string
	for _, v := range e.Versions {
		out = append(out, fmt.Sprintf("model %s version %d is not approved, and only approved versions are served\n  look:    ashlar model show %s %d\n  approve: ashlar model approve %s %d --by NAME",
			v.Model, v.Version, v.Model, v.Version, v.Model, v.Version))
	}
	return strings.Join(out, "\n")
}

// Build takes every model of the plan through its pipeline, in order of name,
// and approves by policy where the plan says so. A model that fails does not
// keep the others from being built; all failures are returned together.
func (s *Stack) Build(ctx context.Context) ([]Outcome, error) {
	var outcomes []Outcome
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(s.cfg.Plan.Models)) {
		o, err := s.build(ctx, s.runner, name)
		outcomes = append(outcomes, o)
		if err != nil {
			problems = append(problems, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return outcomes, errors.Join(problems...)
}

func (s *Stack) build(ctx context.Context, runner *pipeline.Runner, name string) (Outcome, error) {
	run, err := runner.Run(ctx, name)
	o := Outcome{Model: name, Run: run}
	if err != nil {
		return o, err
	}
	n, err := strconv.Atoi(run.Output("register", "version"))
	if err != nil {
		return o, fmt.Errorf("model %s: the registry gave no version: %w", name, err)
	}
	if o.Version, err = s.state.Registry.Version(ctx, name, n); err != nil {
		return o, err
	}
	if s.cfg.Plan.Models[name].Approval.Policy == "auto" && o.Version.Status == registry.Pending {
		o.Version, err = s.state.Registry.AutoApprove(ctx, name, n, "environment "+s.cfg.Plan.Environment+" says approval: auto")
	}
	return o, err
}
