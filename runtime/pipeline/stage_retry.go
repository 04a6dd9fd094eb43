package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"time"

	retry "github.com/sethvargo/go-retry"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/peak"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// maxRetryDelay bounds a delay that doubles.
const maxRetryDelay = time.Hour

// attempts runs the stage again after a failure that another attempt may not
// meet, as often as the plan says. The delay doubles from attempt to attempt, up
// to an hour, and varies by a tenth, so that stages that failed together do not
// come back together.
func (x *execution) attempts(ctx context.Context, s *stage, res *run.Result) error {
	again, delay, err := x.retries(s)
	if err != nil {
		return err
	}
	back := retry.NewExponential(max(delay, time.Millisecond))
	back = retry.WithCappedDuration(maxRetryDelay, back)
	back = retry.WithJitterPercent(10, back)
	back = retry.WithMaxRetries(uint64(again), back)
	back = x.telling(back, res)
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
func (x *execution) attempt(ctx context.Context, s *stage, res *run.Result) (err error) {
	defer func() {
		if p := recover(); p != nil {
			x.Log.Error("internal error; this is a defect in Ashlar, please report it", "panic", fmt.Sprint(p),
				"stack", string(debug.Stack()))
			err = fmt.Errorf("internal error: %v; the log has the rest", p)
		}
	}()
	res.Outputs, res.Files, res.Metrics, res.Detail = nil, nil, nil, ""
	if s.custom == nil {
		end := peak.Begin()
		defer func() { res.PeakMemory = max(res.PeakMemory, end()) }()
	}
	return s.run(ctx, x, res)
}

// telling says before each wait what went wrong and how long it waits.
func (x *execution) telling(next retry.Backoff, res *run.Result) retry.Backoff {
	return retry.BackoffFunc(func() (time.Duration, bool) {
		d, stop := next.Next()
		if !stop {
			x.record.tell(StageRetrying, res.Stage,
				fmt.Sprintf("attempt %d failed, the next is in %s: %s", res.Attempts,
					d.Round(time.Millisecond), res.Error))
		}
		return d, stop
	})
}

// retries are how often the stage runs again at most, and after what delay: 0
// where whoever runs it sees to retries, as a workflow of a cluster does.
func (x *execution) retries(s *stage) (int, time.Duration, error) {
	again, delay, err := x.line.Attempts(s.custom)
	if x.Once || again == 0 {
		return 0, 0, err
	}
	return again, delay, err
}

// lasting reports whether another attempt would have the same result.
func lasting(err error) bool {
	return errors.As(err, new(*Finding)) || errors.As(err, new(*dataset.SchemaError)) ||
		errors.Is(err, fs.ErrNotExist) ||
		errors.Is(err, context.Canceled) || errors.As(err, new(*UndoneError))
}
