package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/pipeline/cache"
	"github.com/ashlar-dev/ashlar/runtime/pipeline/custom"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// execution is one run under way: it wires what a run consists of, and is what stages are given.
type execution struct {
	Config
	runner *Runner
	job    Job
	recipe
	stages   []stage              // each after those that it waits for
	repo     *artifact.Repository // the files that people wrote
	commands *custom.Runner       // runs the commands of custom stages
	record   *journal
	cache    *cache.Cache // of all runs of the runner
	table    *table       // the dataset, where the unit has a model
	trained  *trained     // the model, once there is one
}

// execution prepares the job: it checks what it names and opens the places of files. Whoever gets it closes it.
func (r *Runner) execution(ctx context.Context, job Job) (*execution, error) {
	rec, err := newRecipe(r.cfg.Plan, job.Unit, job.Line)
	if err != nil {
		return nil, err
	}
	if len(rec.nodes) == 0 || job.Model != "" && rec.model.Dataset == "" {
		return nil, fmt.Errorf("pipeline: the plan has no %s", job.Name())
	}
	x := &execution{Config: r.cfg, runner: r, job: job, recipe: rec, cache: r.cache}
	if x.date, err = rec.day(job, r.cfg.Now()); err != nil {
		return nil, err
	}
	x.stages = x.recipe.stages()
	if job.Through != "" {
		if x.stages, err = through(x.stages, job.Through); err != nil {
			return nil, err
		}
	}
	x.record = newJournal(r.cfg, newRun(r.cfg, job, r.planDigest), x.stages, job.Only != "")
	// Both read the recipe and the record as they are when a stage asks.
	x.table = &table{cfg: r.cfg, recipe: &x.recipe, record: x.record}
	x.trained = &trained{cfg: r.cfg, record: x.record,
		memory: rec.line.Stated(plan.Node{Name: plan.StageEvaluate}).MemoryBytes()}
	if !job.Due.IsZero() {
		x.record.run.Date = x.date
	}
	if x.repo, err = artifact.NewRepository(ctx, r.cfg.Code, r.cfg.Dir); err != nil {
		return nil, err
	}
	x.commands, err = custom.New(custom.Config{
		Store: r.cfg.Store, Files: x.repo, TempDir: r.cfg.TempDir, Envs: r.cfg.Envs, Getenv: r.cfg.Getenv,
		Confine: r.cfg.Confine, Closed: r.cfg.closed(), Held: r.held,
	})
	if err != nil {
		return nil, errors.Join(err, x.repo.Close())
	}
	return x, nil
}

// close removes what the run laid down.
func (x *execution) close() {
	if err := x.repo.Close(); err != nil {
		x.Log.Warn("close the repository", "error", err)
	}
	x.trained.close()
	x.table.close()
}

// put keeps v as canonical JSON and notes its digest as the named output.
func (x *execution) put(ctx context.Context, res *run.Result, name string, v any) error {
	b, err := plan.Canonical(v)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return x.putBytes(ctx, res, name, b)
}

// putBytes keeps b and notes its digest as the named output.
func (x *execution) putBytes(ctx context.Context, res *run.Result, name string, b []byte) error {
	digest, _, err := x.Store.Put(ctx, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	if res.Outputs == nil {
		res.Outputs = map[string]string{}
	}
	res.Outputs[name] = digest
	return nil
}

// get reads an object that an earlier stage kept.
func (x *execution) get(ctx context.Context, stage, name string, v any) error {
	return x.Store.GetJSON(ctx, x.record.output(stage, name), v)
}
