package pipeline

import (
	"context"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/run"
)

// saveEvery is how often the record of a run under way is kept. The results of stages are kept at once, each by
// itself.
const saveEvery = 500 * time.Millisecond

// journal is the record of a run under way, and tells whoever watches of it. Stages that run side by side write into
// it: all of its methods are safe for concurrent use. run may be read and changed directly while no stage runs.
type journal struct {
	cfg    Config
	index  map[string]int // place of each stage among those of the run, as events tell it
	shared bool           // other processes run stages of the same run, so that none keeps the record as a whole

	mu    sync.Mutex // guards what follows, and is held while the observer is called
	run   *run.Run
	at    map[string]int // stage -> index in run.Stages
	saved time.Time      // when the record last was
}

// newJournal begins the record of a run with the stages.
func newJournal(cfg Config, r *run.Run, stages []stage, shared bool) *journal {
	j := &journal{cfg: cfg, run: r, shared: shared, index: map[string]int{}, at: map[string]int{}}
	for i := range stages {
		j.index[stages[i].name] = i
	}
	return j
}

// add puts in the record what a stage came to that another process has run.
func (j *journal) add(res run.Result) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.at[res.Stage] = len(j.run.Stages)
	j.run.Stages = append(j.run.Stages, res)
}

// begin adds the stage to the record.
func (j *journal) begin(ctx context.Context, res run.Result) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.at[res.Stage] = len(j.run.Stages)
	j.run.Stages = append(j.run.Stages, res)
	j.saveNow(ctx)
}

// end puts the result of the stage, which has begun, into the record.
func (j *journal) end(ctx context.Context, res run.Result) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.run.Stages[j.at[res.Stage]] = res
	j.saveNow(ctx)
}

// saveNow keeps the record unless it has just been kept. That it could not be is no reason to stop: the end of the run
// keeps it again, and says so.
func (j *journal) saveNow(ctx context.Context) {
	now := j.cfg.Now()
	if j.shared || now.Sub(j.saved) < saveEvery || ctx.Err() != nil {
		return
	}
	j.saved = now
	if err := run.Save(ctx, j.cfg.Store, j.run); err != nil {
		j.cfg.Log.Warn("the record of the run is not kept", "run", j.run.ID, "error", err)
	}
}

// save keeps the record.
func (j *journal) save(ctx context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return run.Save(ctx, j.cfg.Store, j.run)
}

// result is what the stage came to, or has so far; false where it has not begun.
func (j *journal) result(stage string) (run.Result, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	i, ok := j.at[stage]
	if !ok {
		return run.Result{}, false
	}
	return j.run.Stages[i], true
}

// output is the digest of what a stage made; "" where it has not.
func (j *journal) output(stage, name string) string {
	res, _ := j.result(stage)
	return res.Outputs[name]
}

// madeAt is when the stage's outputs were made, by this run or an earlier one.
func (j *journal) madeAt(stage string) time.Time {
	res, _ := j.result(stage)
	return res.MadeAt
}

// tell says what happened to a stage that has begun.
func (j *journal) tell(kind EventKind, stage, detail string) {
	j.observe(Event{Kind: kind, Stage: stage, Detail: detail})
}

// progress says how much of its work a stage has done; a total of 0 is one that is not known.
func (j *journal) progress(stage, detail string, done, total int) {
	j.observe(Event{Kind: StageProgress, Stage: stage, Detail: detail, Done: done, Total: total})
}

// observe fills in what is the same for all events of the stage, and gives whoever watches one event at a time.
func (j *journal) observe(e Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Unit, e.Pipeline = j.run.Unit, j.run.Pipeline
	e.Index, e.Count = j.index[e.Stage], len(j.index)
	if i, begun := j.at[e.Stage]; begun {
		e.Elapsed = j.cfg.Now().Sub(j.run.Stages[i].Started)
	}
	j.cfg.Observe(e)
}
