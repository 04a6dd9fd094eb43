package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// Outcome is what one model's pipeline came to.
type Outcome = pipeline.Outcome

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
		o, err := s.runner.Build(ctx, name)
		outcomes = append(outcomes, o)
		err = errors.Join(err, s.tracks.Run(ctx, o.Run))
		if err != nil {
			problems = append(problems, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return outcomes, errors.Join(problems...)
}
