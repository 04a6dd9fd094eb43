// Package command runs a user's own command lines within limits: of time, of
// memory and of how much of what they print is kept.
//
// The lines are the user's, from a reviewed blueprint, and are given to a shell
// as they stand; nothing is put into them. The processes that they start form one
// group, which is ended as a whole: at the limit, when the context is done, and
// also when the command has succeeded but left something running. A process that
// leaves the group, by setsid, is not ended. This is no confinement: the lines may
// do whatever the user who runs them may do.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// Spec says what runs and within which limits.
type Spec struct {
	Lines   []string      // each by `sh -c`, in order, until one fails
	Dir     string        // the folder that they start in
	Env     []string      // their whole environment, as KEY=value
	Timeout time.Duration // of all lines together; 0: none
	Memory  int64         // bytes that the group may hold resident; 0: no limit
	Grace   time.Duration // between being asked to end and being ended; 0: 10 s
	Output  io.Writer     // gets what they print, both streams as they come; nil: nobody
}

// Usage is what the lines took together.
type Usage struct {
	CPU    time.Duration
	Memory int64 // largest resident size of one process, in bytes; 0 where unknown
}

// Error says how a line failed.
type Error struct {
	Line   string
	Code   int    // exit code; -1 where it was ended
	Reason string // why it was ended, or ""
	Err    error  // the cause, where it is not the command's own doing
}

// Error names the line and how it ended.
func (e *Error) Error() string {
	line := e.Line
	if runes := []rune(line); len(runes) > 80 {
		line = string(runes[:77]) + "..."
	}
	if e.Reason != "" {
		return fmt.Sprintf("`%s` %s", line, e.Reason)
	}
	if e.Err != nil {
		return fmt.Sprintf("`%s`: %v", line, e.Err)
	}
	return fmt.Sprintf("`%s` ended with exit code %d", line, e.Code)
}

// Unwrap returns the cause: the context's where that ended it.
func (e *Error) Unwrap() error { return e.Err }

// errTimeout marks the end of the command's own time.
var errTimeout = errors.New("out of time")

// Run runs the lines. A failure of one is an *Error.
func Run(ctx context.Context, s Spec) (Usage, error) {
	if s.Grace <= 0 {
		s.Grace = 10 * time.Second
	}
	if s.Output == nil {
		s.Output = io.Discard
	}
	if s.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, s.Timeout, errTimeout)
		defer cancel()
	}
	var total Usage
	for _, line := range s.Lines {
		used, err := s.line(ctx, line)
		total.CPU += used.CPU
		total.Memory = max(total.Memory, used.Memory)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// line runs one line. The goroutine keeps its thread, for where the system ends
// a child with the parent, it means the thread that made it.
func (s *Spec) line(ctx context.Context, line string) (Usage, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := ctx.Err(); err != nil {
		return Usage{}, s.ended(line, context.Cause(ctx))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := exec.CommandContext(ctx, "sh", "-c", line) //nolint:gosec // a line of a reviewed blueprint, as it stands
	c.Dir, c.Env, c.Stdout, c.Stderr = s.Dir, s.Env, s.Output, s.Output
	c.WaitDelay = s.Grace
	grouped(c)
	if err := c.Start(); err != nil {
		return Usage{}, &Error{Line: line, Code: -1, Err: err}
	}
	watched := s.watch(ctx, c, cancel)
	err := c.Wait()
	cause := context.Cause(ctx)
	endGroup(c) // what it left running
	cancel(nil)
	<-watched
	used := usageOf(c.ProcessState)
	if err == nil || errors.Is(err, exec.ErrWaitDelay) && c.ProcessState.Success() {
		return used, nil
	}
	return used, s.failed(line, c, cause, err)
}

// overMemoryError marks a group that grew too large.
type overMemoryError struct{ held int64 }

// Error is never shown as it is.
func (o overMemoryError) Error() string { return "out of memory" }

// watch ends the group when it holds too much. The channel is closed when it no
// longer looks.
func (s *Spec) watch(ctx context.Context, c *exec.Cmd, cancel context.CancelCauseFunc) <-chan struct{} {
	done := make(chan struct{})
	if s.Memory <= 0 {
		close(done)
		return done
	}
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		defer crash.Guard()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if held := residentOf(c); held > s.Memory {
					cancel(overMemoryError{held})
					endGroup(c)
					return
				}
			}
		}
	}()
	return done
}

// failed tells a line that was ended from here, which is so where the context
// was done before it was, from one that failed by itself.
func (s *Spec) failed(line string, c *exec.Cmd, cause, err error) error {
	if cause != nil && (c.ProcessState == nil || !c.ProcessState.Exited() || !errors.Is(cause, context.Canceled)) {
		return s.ended(line, cause)
	}
	if c.ProcessState == nil {
		return &Error{Line: line, Code: -1, Err: err}
	}
	if why := signalled(c.ProcessState); why != "" {
		return &Error{Line: line, Code: -1, Reason: "was ended by " + why}
	}
	return &Error{Line: line, Code: c.ProcessState.ExitCode()}
}

// ended is the error of a line that was ended from here.
func (s *Spec) ended(line string, cause error) error {
	e := &Error{Line: line, Code: -1, Err: cause}
	var over overMemoryError
	switch {
	case errors.Is(cause, errTimeout):
		e.Reason, e.Err = fmt.Sprintf("took longer than its timeout of %s and was ended", s.Timeout), nil
	case errors.As(cause, &over):
		e.Reason, e.Err = fmt.Sprintf("held %s of memory, more than its limit of %s, and was ended", size(over.held), size(s.Memory)), nil
	case cause == context.Canceled: //nolint:errorlint // anything more says who or why
		e.Reason = "was cancelled"
	default:
		e.Reason = "was ended: " + cause.Error()
	}
	return e
}

// size writes bytes for people.
func size(n int64) string {
	text := fmt.Sprintf("%.1f", float64(n)/(1<<20))
	return strings.TrimSuffix(text, ".0") + " MiB"
}
