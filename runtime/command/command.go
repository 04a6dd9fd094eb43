// Package command runs a user's own command lines within limits: of time, of
// memory and of how much of what they print is kept.
//
// The lines are the user's, from a reviewed blueprint, and are given to a shell
// as they are; nothing is put into them. Whatever they start is ended with them:
// at the limit, when the context is done, and also when the command has succeeded
// but left something running. What they may do is said by a policy; see package
// confine.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// Spec says what runs and within which limits.
type Spec struct {
	Lines   []string      // each by `sh -c`, in order, until one fails
	Dir     string        // the folder that they start in
	Env     []string      // their whole environment, as KEY=value
	Timeout time.Duration // of all lines together; 0: none
	Memory  int64         // bytes that they may hold resident together; 0: no limit
	Tasks   int           // processes and threads that they may have together; 0: confine.DefaultTasks
	Disk    int64         // bytes that they must leave free where Dir is; 0: any
	Grace   time.Duration // between being asked to end and being ended; 0: 10 s
	Output  io.Writer     // gets what they print, both streams as they come; nil: nobody
	// Policy is what they may do; nil: with files, whatever this process may.
	Policy *confine.Policy
	// Held is told once what holds them, where it is not nil.
	Held func(confine.Report)
}

// Usage is what the lines took together.
type Usage struct {
	CPU time.Duration
	// Memory is the most that they held resident, in bytes, of all processes together as
	// far as was seen, and no less than the largest of them; 0 where unknown.
	Memory int64
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
//
// The usage is returned beside an error too. The timeout is of all lines together,
// so a slow first one leaves less for the others. Where the context ends it, the
// error unwraps to the context's cause.
func Run(ctx context.Context, s Spec) (Usage, error) {
	if s.Grace <= 0 {
		s.Grace = 10 * time.Second
	}
	if s.Tasks <= 0 {
		s.Tasks = confine.DefaultTasks
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

// line runs one line in a box of its own.
// A box for each line keeps what one left running from being counted with, or
// ended by, the next.
func (s *Spec) line(ctx context.Context, line string) (used Usage, err error) {
	if err := ctx.Err(); err != nil {
		return Usage{}, s.ended(line, context.Cause(ctx))
	}
	box, err := confine.New(s.Policy, confine.Limits{Memory: s.Memory, Tasks: s.Tasks})
	if err != nil {
		return Usage{}, &Error{Line: line, Code: -1, Err: err}
	}
	defer box.Close()
	if s.Held != nil {
		s.Held(box.Report())
		s.Held = nil
	}
	box.Within(func(start func(func() *exec.Cmd) (*exec.Cmd, error)) { used, err = s.boxed(ctx, line, box, start) })
	return used, err
}

// boxed runs one line on the thread of its box.
//
// c.Wait returns when the shell has ended and its output is closed, or Grace after
// the shell has ended or the context is done, whichever is first. Only then are the
// group and the box ended, with what was left in the background. The watcher is
// waited for last, as it uses the box.
func (s *Spec) boxed(ctx context.Context, line string, box *confine.Box,
	start func(func() *exec.Cmd) (*exec.Cmd, error)) (Usage, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c, err := start(func() *exec.Cmd {
		c := exec.CommandContext(ctx, "sh", "-c", line) //nolint:gosec // a line of a reviewed blueprint, as it is
		c.Dir, c.Env, c.Stdout, c.Stderr = s.Dir, s.Env, s.Output, s.Output
		c.WaitDelay = s.Grace
		grouped(c)
		c.Cancel = func() error { return asked(c, box) }
		return c
	})
	if err != nil {
		if c != nil {
			box.End()
			_ = c.Wait() // it has not run as it should have
		}
		return Usage{}, &Error{Line: line, Code: -1, Err: err}
	}
	var together int64 // written by the watcher until watched is closed
	watched := s.watch(ctx, box, cancel, &together)
	err = c.Wait()
	// Read before cancel(nil) below sets one.
	cause := context.Cause(ctx)
	endGroup(c)
	if left := box.End(); left > 0 && err == nil {
		err = fmt.Errorf("%d of its processes could not be ended", left)
	}
	cancel(nil)
	<-watched
	used := usageOf(c.ProcessState)
	used.Memory = max(used.Memory, together)
	// The kernel may have ended processes in the background alone: what the line
	// made is not whole then, however well the shell ended.
	killed := box.OverMemory()
	// ErrWaitDelay with success: the line ended well and something in the
	// background kept its output open.
	if !killed && (err == nil || errors.Is(err, exec.ErrWaitDelay) && c.ProcessState.Success()) {
		return used, nil
	}
	if cause == nil && killed {
		cause = overMemoryError{}
	}
	return used, s.failed(line, c, cause, err)
}

// overMemoryError marks a command that grew too large; held is 0 where the kernel
// was the first to see it.
type overMemoryError struct{ held int64 }

// Error is never shown as it is.
func (o overMemoryError) Error() string { return "out of memory" }

// errCrowded marks a command with too many processes.
var errCrowded = errors.New("crowded")

// overDiskError marks a command that left too little of the disk.
type overDiskError struct{ free int64 }

// Error is never shown as it is.
func (o overDiskError) Error() string { return "out of disk" }

// looksPerSize is after how many looks the size of a command without a limit is
// measured again, which takes a look at every process of the machine.
const looksPerSize = 10

// watch ends the command when it holds too much, or leaves too little. The channel
// is closed when it no longer looks.
// It looks every 50 ms. A cgroup, where there is one, acts at once; this is for
// machines without, and for the disk.
func (s *Spec) watch(ctx context.Context, box *confine.Box, cancel context.CancelCauseFunc,
	together *int64) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		defer crash.Guard()
		for looks := 0; ; looks++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if s.Memory > 0 || looks%looksPerSize == 0 {
					*together = max(*together, box.Resident())
				}
				if err := s.over(box, *together); err != nil {
					cancel(err)
					box.End()
					return
				}
			}
		}
	}()
	return done
}

// over says which limit is passed, or nil.
// Memory comes first since it is what endangers the machine soonest. A disk whose
// free space is not known has no limit.
// held is the most that they have held so far.
func (s *Spec) over(box *confine.Box, held int64) error {
	if s.Memory > 0 {
		if held > s.Memory {
			return overMemoryError{held}
		}
		if box.OverMemory() {
			return overMemoryError{}
		}
	}
	if box.Crowded() {
		return errCrowded
	}
	if s.Disk > 0 {
		if free, ok := Free(s.Dir); ok && free < s.Disk {
			return overDiskError{free}
		}
	}
	return nil
}

// failed tells a line that was ended from here, which is so where the context
// was done before it was, from one that failed by itself.
// A line that was cancelled and yet exited by itself, with its own code, failed by
// itself: the caller wants its exit code.
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
// Err is kept only where a caller may ask for it, with errors.Is and the context's
// errors; limits are said in the reason.
func (s *Spec) ended(line string, cause error) error {
	e := &Error{Line: line, Code: -1, Err: cause}
	var over overMemoryError
	var full overDiskError
	switch {
	case errors.Is(cause, errTimeout):
		e.Reason, e.Err = fmt.Sprintf("took longer than its timeout of %s and was ended", s.Timeout), nil
	case errors.Is(cause, errCrowded):
		e.Reason = fmt.Sprintf("had more than %d processes and was ended", s.Tasks)
	case errors.As(cause, &over) && over.held == 0:
		e.Reason, e.Err = fmt.Sprintf("held more than its limit of %s of memory and was ended", size(s.Memory)), nil
	case errors.As(cause, &over):
		e.Reason, e.Err = fmt.Sprintf("held %s of memory, more than its limit of %s, and was ended",
			size(over.held), size(s.Memory)), nil
	case errors.As(cause, &full):
		e.Reason, e.Err = fmt.Sprintf("left %s of the disk, less than the %s that must stay free, and was ended",
			size(full.free), size(s.Disk)), nil
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
