package pipeline

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
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/command"
	"github.com/ashlar-dev/ashlar/runtime/run"
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

// runCustom lays the deps down in a new folder, runs the command there and keeps
// what it made. Whatever happens, the folder goes and the log stays.
func (x *execution) runCustom(ctx context.Context, s *stage, deps []dep, res *run.Result) (err error) {
	if x.TempDir != "" {
		if err := os.MkdirAll(x.TempDir, 0o700); err != nil {
			return err
		}
	}
	root, err := os.MkdirTemp(x.TempDir, "ashlar-stage-*")
	if err != nil {
		return fmt.Errorf("folder of the stage: %w", err)
	}
	defer func() { err = errors.Join(err, removeAll(root)) }()
	work := filepath.Join(root, "work")
	if res.Deps, err = x.lay(ctx, deps, work); err != nil {
		return err
	}
	cwd := filepath.Join(work, filepath.FromSlash(s.custom.Wdir))
	env, err := x.environ(ctx, s.custom, root, cwd, res.Params)
	if err != nil {
		return err
	}
	if err := x.command(ctx, s, root, cwd, env, res); err != nil {
		return err
	}
	return x.collect(ctx, s.custom, work, res)
}

// lay puts every dep at its path. One that lies within another is there already.
func (x *execution) lay(ctx context.Context, deps []dep, work string) (map[string]artifact.Artifact, error) {
	if err := os.MkdirAll(work, 0o755); err != nil {
		return nil, err
	}
	out := map[string]artifact.Artifact{}
	for _, d := range deps {
		a, err := x.depArtifact(ctx, d, true)
		if err != nil {
			return nil, fmt.Errorf("dep %s: %w", d.at, err)
		}
		out[d.at] = a
		if slices.ContainsFunc(deps, func(o dep) bool { return o.at != d.at && plan.Within(d.at, o.at) }) {
			continue
		}
		dest := filepath.Join(work, filepath.FromSlash(d.at))
		if d.at == "." {
			err = x.repo.Lay(ctx, d.file, work)
		} else if d.file != "" {
			err = x.repo.Lay(ctx, d.file, dest)
		} else {
			err = artifact.Lay(ctx, x.Store, a, dest)
		}
		if err != nil {
			return nil, fmt.Errorf("dep %s: %w", d.at, err)
		}
	}
	return out, nil
}

// command runs the stage's lines and keeps their log.
func (x *execution) command(ctx context.Context, s *stage, root, cwd string, env []string, res *run.Result) error {
	spec := command.Spec{Lines: s.custom.Cmd, Dir: cwd, Env: env, Policy: x.policy(env, root),
		Disk: reserve(cwd), Held: x.held(res)}
	var err error
	if s.custom.Timeout != "" {
		if spec.Timeout, err = plan.ParseDuration(s.custom.Timeout); err != nil {
			return err
		}
	}
	if s.custom.Memory != "" {
		if spec.Memory, err = plan.ParseQuantity(s.custom.Memory); err != nil {
			return err
		}
	}
	for _, made := range append(append(slices.Clone(s.custom.Outs), s.custom.Metrics...), s.custom.Plots...) {
		if err := os.MkdirAll(filepath.Join(cwd, filepath.FromSlash(filepath.Dir(made))), 0o755); err != nil {
			return err
		}
	}
	printed := command.NewLog(maxLog, func(line string) { x.record.progress(s.name, line, 0, 0) })
	spec.Output = printed
	used, err := command.Run(ctx, spec)
	digest, _, keepErr := x.Store.Put(context.WithoutCancel(ctx), bytes.NewReader(printed.Bytes()))
	res.Log = digest
	if err != nil {
		return errors.Join(&CommandError{err, printed.Tail(tailShow)}, keepErr)
	}
	res.Detail = fmt.Sprintf("%s of CPU", used.CPU.Round(10*time.Millisecond))
	if used.Memory > 0 {
		res.Detail += fmt.Sprintf(", %d MiB", used.Memory>>20)
	}
	return keepErr
}

// collect keeps what the stage says that it makes. All that is missing is told
// at once.
func (x *execution) collect(ctx context.Context, s *plan.Stage, work string, res *run.Result) error {
	res.Files = map[string]artifact.Artifact{}
	var missing []string
	for _, p := range s.Made() {
		a, err := artifact.Keep(ctx, x.Store, work, p)
		if artifact.IsMissing(err) {
			missing = append(missing, p)
			continue
		}
		if err != nil {
			return err
		}
		res.Files[p] = a
	}
	if len(missing) > 0 {
		return fmt.Errorf("the command succeeded but has not made %s; write it there, or take it out of outs, metrics or plots", strings.Join(missing, ", "))
	}
	for _, p := range s.Metrics {
		b, err := artifact.Read(work, s.At(p), maxMetrics)
		if err != nil {
			return err
		}
		if err := readMetrics(res, s.At(p), b, len(s.Metrics) > 1); err != nil {
			return err
		}
	}
	return nil
}

// removeAll removes the folder also where the command took rights away.
func removeAll(root string) error {
	if os.RemoveAll(root) == nil {
		return nil
	}
	_ = filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(p, 0o700) //nolint:gosec // a folder that is about to go
		}
		return nil
	})
	return os.RemoveAll(root)
}
