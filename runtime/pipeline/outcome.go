package pipeline

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// Outcome is the result of one unit's pipeline.
type Outcome struct {
	Unit    string           `json:"model"` // as Unit of run.Run
	Run     *run.Run         `json:"run"`
	Version registry.Version `json:"version"`
}

// New reports whether the run made the version, rather than finding it there.
func (o Outcome) New() bool { return o.Run != nil && o.Version.RunID == o.Run.ID }

// BuildJob runs the job, and approves the version that it registers by policy
// where the plan says so. The outcome has the run also when it failed, and no
// version where the job registers none.
func (r *Runner) BuildJob(ctx context.Context, job Job) (Outcome, error) {
	record, err := r.Do(ctx, job)
	o := Outcome{Unit: job.Name(), Run: record}
	if err != nil || job.Model == "" || record.Output(plan.StageRegister, "version") == "" {
		return o, err
	}
	o.Version, err = r.Approve(ctx, record)
	return o, err
}

// Approve returns the version that the run has registered, approved by policy
// where the plan says so.
func (r *Runner) Approve(ctx context.Context, record *run.Run) (registry.Version, error) {
	n, err := strconv.Atoi(record.Output(plan.StageRegister, "version"))
	if err != nil {
		return registry.Version{}, fmt.Errorf("model %s: the registry gave no version: %w", record.Unit, err)
	}
	v, err := r.cfg.Registry.Version(ctx, record.Unit, n)
	if err == nil && r.cfg.Plan.Models[record.Unit].Approval.Policy == "auto" && v.Status == registry.Pending {
		v, err = r.cfg.Registry.AutoApprove(ctx, record.Unit, n, "environment "+
			r.cfg.Plan.Environment+" says approval: auto")
	}
	return v, err
}
