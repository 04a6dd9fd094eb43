package custom

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/command"
	"github.com/ashlar-dev/ashlar/runtime/confine"
)

const (
	maxLog   = 8 << 20 // bytes of what a command prints that are kept
	tailShow = 20      // lines of it in an error
)

// CommandError says that a stage's command failed, with the end of what it
// printed.
type CommandError struct {
	Err  error
	Tail []string
}

// Error is the failure and the tail, a line each.
func (e *CommandError) Error() string {
	if len(e.Tail) == 0 {
		return e.Err.Error() + "; it printed nothing"
	}
	return e.Err.Error() + "; the end of what it printed:\n    " + strings.Join(e.Tail, "\n    ")
}

// Unwrap returns the failure.
func (e *CommandError) Unwrap() error { return e.Err }

// command runs the stage's lines and keeps their log.
func (r *Runner) command(ctx context.Context, s Stage, root, cwd string, env []string, made *Made) error {
	spec := command.Spec{
		Lines: s.Cmd, Dir: cwd, Env: env, Policy: r.policy(env, root), Disk: reserve(cwd),
		Held: func(report confine.Report) {
			made.Confinement = &report
			r.cfg.Held(report)
		},
	}
	var err error
	if s.Timeout != "" {
		if spec.Timeout, err = plan.ParseDuration(s.Timeout); err != nil {
			return err
		}
	}
	if s.Memory != "" {
		if spec.Memory, err = plan.ParseQuantity(s.Memory); err != nil {
			return err
		}
	}
	// Commands write where the blueprint says, without a mkdir of their own. Their folder is new, so a path that leads
	// out of it by a link cannot be there yet.
	for _, path := range append(append(slices.Clone(s.Outs), s.Metrics...), s.Plots...) {
		if err := os.MkdirAll(filepath.Join(cwd, filepath.FromSlash(filepath.Dir(path))), 0o755); err != nil {
			return err
		}
	}
	printed := command.NewLog(maxLog, s.Report)
	spec.Output = printed
	used, err := command.Run(ctx, spec)
	made.Memory = used.Memory
	// The log is kept also when the run was cancelled: it says how far the command had come.
	digest, _, keepErr := r.cfg.Store.Put(context.WithoutCancel(ctx), bytes.NewReader(printed.Bytes()))
	made.Log = digest
	if err != nil {
		return errors.Join(&CommandError{err, printed.Tail(tailShow)}, keepErr)
	}
	made.Detail = fmt.Sprintf("%s of CPU", used.CPU.Round(10*time.Millisecond))
	if used.Memory > 0 {
		made.Detail += fmt.Sprintf(", %d MiB", used.Memory>>20)
	}
	return keepErr
}

// policy is what a command with the environment may do: change its own folders,
// and read the system, its interpreters and their packages. What the run reads
// from, and what it keeps, is closed to it.
func (r *Runner) policy(env []string, own ...string) *confine.Policy {
	base := r.cfg.Confine
	for _, v := range env {
		if path, ok := strings.CutPrefix(v, "PATH="); ok {
			base.Path = path
		}
	}
	// Environments are made once for all stages, so a command reads them and does not change them.
	base.Read = append(slices.Clone(base.Read), r.envs())
	return base.For(own, r.cfg.Closed...)
}

// reserve is what a command must leave free on the disk of the folder, in bytes: a gigabyte, and no more than half of
// what is free now. It is 0, which is no limit, where that is not known.
func reserve(dir string) int64 {
	free, ok := command.Free(dir)
	if !ok {
		return 0
	}
	return min(1<<30, free/2)
}
