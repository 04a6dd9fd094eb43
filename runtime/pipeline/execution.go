package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/pyfunc"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// execution is one run under way. The frame and the model are read when a
// stage first needs them, so that a run in which everything is reused reads
// neither.
type execution struct {
	Config
	runner     *Runner
	job        Job
	planDigest string
	rules      *govern.Rules
	recipe
	stages []stage
	repo   *artifact.Repository

	mu    sync.Mutex // guards what follows
	run   *run.Run
	at    map[string]int // stage -> index in run.Stages
	saved time.Time      // when the record last was

	lazy    sync.Mutex // guards what is read once
	dataDir string     // of a dataset that a stage makes
	frame   *dataset.Frame
	fitted  *model.Model
	server  *pyfunc.Process // that scores for the model; nil: it does itself
}

// execution prepares the job: it checks what it names and opens the places of
// files.
func (r *Runner) execution(ctx context.Context, job Job) (*execution, error) {
	rec, err := newRecipe(r.cfg.Plan, job.Unit, job.Line)
	if err != nil {
		return nil, err
	}
	if len(rec.nodes) == 0 || job.Model != "" && rec.model.Dataset == "" {
		return nil, fmt.Errorf("pipeline: the plan has no %s", job.Name())
	}
	x := &execution{
		Config: r.cfg, runner: r, job: job, planDigest: r.planDigest, rules: r.rules, recipe: rec,
		at: map[string]int{}, run: newRun(r.cfg, job, r.planDigest),
	}
	if x.date, err = x.day(); err != nil {
		return nil, err
	}
	if !job.Due.IsZero() {
		x.run.Date = x.date
	}
	x.stages = x.recipe.stages()
	if job.Through != "" {
		if x.stages, err = through(x.stages, job.Through); err != nil {
			return nil, err
		}
	}
	x.repo, err = artifact.NewRepository(ctx, r.cfg.Code, r.cfg.Dir)
	return x, err
}

// day is the date that the run stands for: the one that was asked for, or the day
// of the pipeline's zone on which the run fell due or, where nothing says when
// that was, began.
func (x *execution) day() (string, error) {
	if x.job.Date != "" {
		_, err := time.Parse(time.DateOnly, x.job.Date)
		return x.job.Date, err
	}
	zone, err := x.line.Zone()
	if err != nil {
		return "", err
	}
	at := x.job.Due
	if at.IsZero() {
		at = began(x.job.ID, x.Now())
	}
	return at.In(zone).Format(time.DateOnly), nil
}

// idTime is how the IDs of runs that clusters make begin.
const idTime = "20060102T150405Z"

// began is when the run of the ID did: all stages of one run agree on it, however
// late they are. An ID that does not say is of a run that begins now.
func began(id string, now time.Time) time.Time {
	at, err := time.Parse(idTime, id[:min(len(id), len(idTime))])
	if err != nil {
		return now
	}
	return at
}

// through leaves the stage and those that it needs.
func through(all []stage, last string) ([]stage, error) {
	needed := map[string]bool{last: true}
	var names []string
	for _, s := range slices.Backward(all) {
		names = append(names, s.name)
		if needed[s.name] {
			for _, a := range s.after {
				needed[a] = true
			}
		}
	}
	if !slices.Contains(names, last) {
		slices.Reverse(names)
		return nil, fmt.Errorf("pipeline: there is no stage %q; there are %v", last, names)
	}
	return slices.DeleteFunc(slices.Clone(all), func(s stage) bool { return !needed[s.name] }), nil
}

// close removes what the run laid down.
func (x *execution) close() {
	if err := x.repo.Close(); err != nil {
		x.Log.Warn("close the repository", "error", err)
	}
	if x.server != nil {
		x.server.Stop()
	}
	if x.dataDir != "" {
		_ = os.RemoveAll(x.dataDir)
	}
}

// put keeps v as canonical JSON and notes its digest as the named output.
func (x *execution) put(ctx context.Context, res *run.Result, name string, v any) error {
	b, err := plan.Canonical(v)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return x.putBytes(ctx, res, name, b)
}

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

// result is what the stage, which is done, came to.
func (x *execution) result(stage string) (run.Result, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	i, ok := x.at[stage]
	if !ok {
		return run.Result{}, false
	}
	return x.run.Stages[i], true
}

// output is the digest of what a stage made.
func (x *execution) output(stage, name string) string {
	res, _ := x.result(stage)
	return res.Outputs[name]
}

// madeAt is when the stage's outputs were made, by this run or an earlier one.
func (x *execution) madeAt(stage string) time.Time {
	res, _ := x.result(stage)
	return res.MadeAt
}

// get reads an object that an earlier stage kept.
func (x *execution) get(ctx context.Context, stage, name string, v any) error {
	return x.Store.GetJSON(ctx, x.output(stage, name), v)
}
