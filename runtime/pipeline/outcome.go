package pipeline

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// Outcome is what one model's pipeline came to.
type Outcome struct {
	Model   string           `json:"model"`
	Run     *Run             `json:"run"`
	Version registry.Version `json:"version"`
}

// New reports whether the run made the version, rather than finding it there.
func (o Outcome) New() bool { return o.Run != nil && o.Version.RunID == o.Run.ID }

// Build runs the model's pipeline, and approves the version by policy where the
// plan says so. The outcome has the run also when it failed.
func (r *Runner) Build(ctx context.Context, name string) (Outcome, error) {
	run, err := r.Run(ctx, name)
	o := Outcome{Model: name, Run: run}
	if err != nil {
		return o, err
	}
	n, err := strconv.Atoi(run.Output(registration.name, "version"))
	if err != nil {
		return o, fmt.Errorf("model %s: the registry gave no version: %w", name, err)
	}
	if o.Version, err = r.cfg.Registry.Version(ctx, name, n); err != nil {
		return o, err
	}
	if r.cfg.Plan.Models[name].Approval.Policy == "auto" && o.Version.Status == registry.Pending {
		o.Version, err = r.cfg.Registry.AutoApprove(ctx, name, n, "environment "+r.cfg.Plan.Environment+" says approval: auto")
	}
	return o, err
}
