package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/notify"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/schedule"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// timetable begins the runs of one pipeline as they fall due.
type timetable struct {
	stack  *Stack
	runner *pipeline.Runner
	name   string
	line   plan.Pipeline

	// mu guards under and number. wg counts runs that are not waited for by keep.
	mu     sync.Mutex
	under  map[int]context.CancelFunc // runs under way
	number int
	wg     sync.WaitGroup
}

// keepSchedules runs what the blueprint schedules until ctx is done, and waits
// for what is under way then.
func (h *server) keepSchedules(ctx context.Context) error {
	cfg := h.stack.pipelineConfig()
	cfg.Trigger, cfg.Observe = "schedule", nil
	// One for all timetables; runs of different pipelines may go on at once.
	runner, err := pipeline.New(cfg)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for _, name := range slices.Sorted(maps.Keys(cfg.Plan.Pipelines)) {
		line := cfg.Plan.Pipelines[name]
		if line.Schedule == "" {
			continue
		}
		t := &timetable{stack: h.stack, runner: runner, name: name, line: line, under: map[int]context.CancelFunc{}}
		wg.Go(func() {
			defer crash.Guard()
			if err := t.keep(ctx); err != nil && ctx.Err() == nil {
				h.stack.cfg.Notice(fmt.Sprintf("schedule of %s: %v", name, err))
			}
			t.wg.Wait()
		})
	}
	wg.Wait()
	return nil
}

// A timer does not count while a machine sleeps, so the clock is looked at once
// in a while; how far the timetable has come is noted less often.
const (
	lookEvery = time.Minute
	noteEvery = 10 * time.Minute
)

// keep begins what is due, notes how far it has come, and sleeps till the next.
//
// How far it has come is kept in the store after each run has begun, so that a process
// which starts again neither skips a run nor begins one twice, but for a process killed
// between the two.
func (t *timetable) keep(ctx context.Context) error {
	var noted time.Time
	for {
		now := t.stack.cfg.Now()
		last, err := t.last(ctx, now)
		if err != nil {
			return err
		}
		due, err := schedule.Due(t.line, last, now)
		if err != nil {
			return err
		}
		// Several are due after the machine slept or the process was down: those are made
		// up for in order, if the pipeline's catchup says so.
		for _, one := range due {
			t.begin(ctx, one, len(due) > 1)
			if err := t.note(ctx, one.At); err != nil || ctx.Err() != nil {
				return err
			}
		}
		if len(due) > 0 || now.Sub(noted) >= noteEvery {
			if err := t.note(ctx, now); err != nil {
				return err
			}
			noted = now
		}
		next, err := schedule.Next(t.line, now)
		if err != nil {
			return err
		}
		// At least a millisecond, so that a clock that stands still does not spin.
		wait := min(next.At.Sub(t.stack.cfg.Now()), lookEvery)
		timer := time.NewTimer(max(wait, time.Millisecond))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// ref is where in the store it is kept how far the timetable has come.
func (t *timetable) ref() string { return "schedules/" + t.name }

// last is up to when runs have been begun. A pipeline that is new has nothing to
// make up for.
// A damaged note counts as none: to begin again from now is better than to stop.
func (t *timetable) last(ctx context.Context, now time.Time) (time.Time, error) {
	b, err := t.stack.state.Store.GetRef(ctx, t.ref())
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) {
		return now, nil
	}
	if err != nil {
		return now, err
	}
	return time.Parse(time.RFC3339Nano, string(b))
}

// note keeps up to when runs have been begun.
func (t *timetable) note(ctx context.Context, at time.Time) error {
	return t.stack.state.Store.PutRef(ctx, t.ref(), []byte(at.UTC().Format(time.RFC3339Nano)))
}

// begin starts the run that stands for the time, as the pipeline's concurrency
// says. Runs that are made up for wait for each other unless they may overlap.
//
// The concurrency is that of Kubernetes' CronJob: Allow, Replace, or Forbid, which
// leaves the new run out. The lock is given up while a run is waited for, since its end
// takes it.
func (t *timetable) begin(ctx context.Context, due schedule.Run, madeUp bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.under) > 0 && !madeUp {
		switch t.line.Concurrency {
		case plan.Allow:
		case plan.Replace:
			for _, end := range t.under {
				end()
			}
		default:
			t.stack.cfg.Notice(fmt.Sprintf("%s: the run of %s is left out, for the one before it is still under way",
				t.name, t.clock(due.At)))
			return
		}
	}
	ctx, end := context.WithCancel(ctx)
	n := t.number
	t.number++
	t.under[n] = end
	// end frees the context, however the run ended.
	work := func() {
		defer func() {
			end()
			t.mu.Lock()
			delete(t.under, n)
			t.mu.Unlock()
		}()
		t.stack.cfg.Notice(t.run(ctx, due))
	}
	if madeUp && t.line.Concurrency != plan.Allow {
		t.mu.Unlock()
		work()
		t.mu.Lock()
		return
	}
	t.wg.Go(crash.Guarded(work))
}

// run runs the pipeline once and says what came of it.
// The text is a line for people; an error is part of it and ends nothing.
func (t *timetable) run(ctx context.Context, due schedule.Run) string {
	o, err := t.stack.RunPipeline(ctx, t.runner,
		pipeline.Job{Unit: t.stack.cfg.Plan.UnitFor(t.name), Line: t.name, Date: due.Date})
	switch {
	case err != nil:
		return fmt.Sprintf("%s, due %s: %v", t.name, t.clock(due.At), err)
	case o.New():
		return fmt.Sprintf("%s: %s version %d is %s", t.name, o.Unit, o.Version.Version, o.Version.Status)
	case o.Run.Reused():
		return t.name + ": nothing had changed, and every stage was reused"
	case t.line.Model == "":
		return t.name + ": ran " + plan.Counted(len(o.Run.Stages), "stage")
	default:
		return t.name + ": nothing new came of it"
	}
}

// clock is the time as the pipeline's zone has it.
func (t *timetable) clock(at time.Time) string {
	zone, err := t.line.Zone()
	if err != nil {
		zone = time.UTC
	}
	return at.In(zone).Format(clockFormat + " MST")
}

// RunJob runs the job for the reason; see RunPipeline.
func (s *Stack) RunJob(ctx context.Context, trigger string, job pipeline.Job) (Outcome, error) {
	cfg := s.pipelineConfig()
	cfg.Trigger = trigger
	runner, err := pipeline.New(cfg)
	if err != nil {
		return Outcome{Unit: job.Name()}, err
	}
	return s.RunPipeline(ctx, runner, job)
}

// RunPipeline runs the job, tells the trackers, and where it failed whom the
// blueprint names.
//
// What follows the run is done also where ctx ended it: an interrupted run is told as
// such. Only a run that failed is notified of, not one that was interrupted.
func (s *Stack) RunPipeline(ctx context.Context, runner *pipeline.Runner, job pipeline.Job) (Outcome, error) {
	o, err := runner.BuildJob(ctx, job)
	after := context.WithoutCancel(ctx)
	err = errors.Join(err, s.tracks.Run(after, o.Run), s.writeLock(after, job.Pipeline))
	if err != nil && o.Run != nil && o.Run.Status == run.Failed {
		if told := s.tellFailure(after, o.Run); told != nil {
			s.cfg.Notice(fmt.Sprintf("no notification could be sent that %s failed: %v", o.Run.Unit, told))
		}
	}
	return o, err
}

// tellFailure sends e-mail and webhook.
func (s *Stack) tellFailure(ctx context.Context, r *run.Run) error {
	n, err := notify.New(notify.FromEnvironment(notify.Receivers(s.cfg.Plan, r), s.cfg.Getenv))
	if err != nil {
		return err
	}
	return n.Failed(ctx, notify.OfRun(s.cfg.Plan, r, s.cfg.Commit))
}
