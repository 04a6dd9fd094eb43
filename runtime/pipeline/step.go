package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"sync/atomic"
	"time"

	retry "github.com/sethvargo/go-retry"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// maxRetryDelay bounds a delay that doubles.
const maxRetryDelay = time.Hour

// step runs one stage, or takes its result from the store.
func (x *execution) step(ctx context.Context, index int, s *stage) error {
	began := x.Now()
	res := Result{Stage: s.name, Status: Running, Started: began.UTC()}
	x.begin(ctx, res)
	x.emit(s, index, Started, "", began)
	err := x.resolve(ctx, index, s, &res)
	res.Duration = x.Now().Sub(began)
	res.Status = Succeeded
	if err != nil {
		res.Status, res.Error = Failing, err.Error()
	}
	x.end(ctx, res)
	switch {
	case err != nil:
		x.emit(s, index, Failed, err.Error(), began)
	case res.Reused:
		x.emit(s, index, Reused, res.Detail, began)
	default:
		x.emit(s, index, Done, res.Detail, began)
	}
	x.Log.Info("stage", "unit", x.Name(), "stage", s.name, "status", string(res.Status), "reused", res.Reused, "duration", res.Duration)
	return err
}

func (x *execution) emit(s *stage, index int, kind EventKind, detail string, began time.Time) {
	x.tell(Event{Kind: kind, Model: x.Name(), Pipeline: x.Pipeline, Stage: s.name, Index: index, Count: len(x.stages), Detail: detail, Elapsed: x.Now().Sub(began)})
}

// tell gives whoever watches one event at a time.
func (x *execution) tell(e Event) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.Observe(e)
}

// resolve fills in the result from the store where its key is known there, or
// else by running the stage and keeping what it made.
func (x *execution) resolve(ctx context.Context, index int, s *stage, res *Result) error {
	if s.own != nil && s.own.Frozen && x.frozen(ctx, s, res) {
		return nil
	}
	in, err := x.inputs(ctx, s, res)
	if err != nil {
		return err
	}
	if in == nil {
		return x.attempts(ctx, index, s, res)
	}
	res.Key, err = plan.DigestOf(map[string]any{"stage": s.keptUnder(), "version": s.version, "inputs": in})
	if err != nil {
		return err
	}
	if s.own != nil && s.own.AlwaysChanged || x.job.Force {
		return x.make(ctx, index, s, res)
	}
	if x.lookup(ctx, s, res) {
		return nil
	}
	return x.once(ctx, index, s, res)
}

// make runs the stage and keeps what it made.
func (x *execution) make(ctx context.Context, index int, s *stage, res *Result) error {
	if err := x.attempts(ctx, index, s, res); err != nil {
		return err
	}
	return x.remember(ctx, s, res)
}

// once runs the stage unless the very same work is under way in another run of
// this process; then it waits for that and takes it over.
func (x *execution) once(ctx context.Context, index int, s *stage, res *Result) error {
	var mine atomic.Bool
	flight := x.runner.flights.DoChan(res.Key, func() (any, error) {
		mine.Store(true)
		return nil, x.make(ctx, index, s, res)
	})
	select {
	case done := <-flight:
		if mine.Load() {
			return done.Err
		}
		if done.Err == nil && x.lookup(ctx, s, res) {
			return nil
		}
		return x.make(ctx, index, s, res)
	case <-ctx.Done():
		if mine.Load() {
			return (<-flight).Err // it ends with the context
		}
		return context.Cause(ctx)
	}
}

// attempts runs the stage again after a failure that another attempt may not
// meet, as often as the plan says.
func (x *execution) attempts(ctx context.Context, index int, s *stage, res *Result) error {
	again, delay, err := x.retries(s)
	if err != nil {
		return err
	}
	back := retry.NewExponential(max(delay, time.Millisecond))
	back = retry.WithCappedDuration(maxRetryDelay, back)
	back = retry.WithJitterPercent(10, back)
	back = retry.WithMaxRetries(uint64(again), back)
	back = x.telling(back, index, s, res)
	err = retry.Do(ctx, back, func(ctx context.Context) error {
		res.Attempts++
		if err := x.attempt(ctx, s, res); err != nil {
			if lasting(err) || ctx.Err() != nil {
				return err
			}
			res.Error = err.Error()
			return retry.RetryableError(err)
		}
		res.Error = ""
		return nil
	})
	if cause := context.Cause(ctx); cause != nil && err != nil && !errors.Is(err, cause) {
		err = errors.Join(cause, err)
	}
	if err != nil && res.Attempts > 1 {
		return fmt.Errorf("%w\n  after %d attempts", err, res.Attempts)
	}
	return err
}

// attempt runs the stage once. What an attempt before it left in the result is
// gone, and a defect ends the stage and not the process.
func (x *execution) attempt(ctx context.Context, s *stage, res *Result) (err error) {
	defer func() {
		if p := recover(); p != nil {
			x.Log.Error("internal error; this is a defect in Ashlar, please report it", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("internal error: %v; the log has the rest", p)
		}
	}()
	res.Outputs, res.Files, res.Metrics, res.Detail = nil, nil, nil, ""
	return s.run(ctx, x, res)
}

// telling says before each wait what went wrong and how long it waits.
func (x *execution) telling(next retry.Backoff, index int, s *stage, res *Result) retry.Backoff {
	return retry.BackoffFunc(func() (time.Duration, bool) {
		d, stop := next.Next()
		if !stop {
			x.emit(s, index, Retrying, fmt.Sprintf("attempt %d failed, the next is in %s: %s", res.Attempts, d.Round(time.Millisecond), res.Error), res.Started)
		}
		return d, stop
	})
}

func (x *execution) retries(s *stage) (int, time.Duration, error) {
	again, delay, err := x.line.Attempts(s.own)
	if x.Once || again == 0 {
		return 0, 0, err
	}
	return again, delay, err
}

// lasting reports whether another attempt would come to the same.
func lasting(err error) bool {
	return errors.As(err, new(*Finding)) || errors.As(err, new(*dataset.SchemaError)) || errors.Is(err, fs.ErrNotExist) ||
		errors.Is(err, context.Canceled) || errors.As(err, new(*UndoneError))
}
