// Package custom runs the commands of a pipeline's custom stages: it lays what a command reads down in a new folder,
// runs the command there, confined and in an environment of its own, and keeps what it made.
//
// It knows no pipeline: not where a dep comes from, not whether a result is taken from the store, and not what is
// recorded. Who runs a stage gives it sources of deps and gets back what was made. So what a command may see and do can
// be tested one command at a time.
package custom

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Files are those that people wrote, by their paths in the repository.
type Files interface {
	// Digest is of the file's content.
	Digest(ctx context.Context, path string) (string, error)
	// Lay copies the file to dest, which must not be there.
	Lay(ctx context.Context, path, dest string) error
}

// Config is what commands have in common. Store and Files are required.
type Config struct {
	Store   *store.Store         // keeps what commands make and print
	Files   Files                // of which environments are made
	TempDir string               // for the folders of commands; empty: the system's
	Envs    string               // folder of the commands' environments; empty: below TempDir
	Getenv  func(string) string  // nil: no environment; commands get a few variables of it
	Confine confine.Policy       // what all commands may do; each may change its own folder too
	Closed  []string             // folders that no command reads, besides those that no process confined here may
	Held    func(confine.Report) // is told what holds a command before it runs, perhaps several at once; nil: nobody
}

// Source is where a dep comes from.
type Source interface {
	// Stat says what the dep is now, with its MD5 as dvc.lock has it.
	Stat(ctx context.Context) (artifact.Artifact, error)
	// Lay puts the artifact, which Stat returned, at dest. Where dest is the folder that a command starts in, it is
	// there already and empty.
	Lay(ctx context.Context, a artifact.Artifact, dest string) error
}

// Dep is something that a command reads.
type Dep struct {
	At   string // the path where it is laid, relative to the blueprint's folder
	From Source
}

// Stage is a command to run.
type Stage struct {
	*plan.Stage
	Deps   []Dep             // sorted by their paths, which differ
	Params map[string]any    // those that the stage names, by their names with dots
	Seed   uint64            // for ASHLAR_SEED
	Report func(line string) // gets what the command prints, by the line, as it comes; nil: nobody
}

// Made is what came of a command, also of one that failed: as much as there is then.
type Made struct {
	Deps        map[string]artifact.Artifact // by path
	Files       map[string]artifact.Artifact // outs, metrics and plots, by path
	Metrics     map[string]float64           // the numbers in the files of metrics
	Log         string                       // digest of what it printed; "" where it did not start
	Detail      string                       // a line for people: what it took
	Memory      int64                        // the most that its processes held, in bytes; 0: not known
	Confinement *confine.Report              // what held it; nil where it did not start
}

// Runner runs commands. It is safe for concurrent use.
type Runner struct{ cfg Config }

// New checks the configuration.
func New(cfg Config) (*Runner, error) {
	if cfg.Store == nil || cfg.Files == nil {
		return nil, errors.New("custom stages need a store and the files of a repository")
	}
	if cfg.Getenv == nil {
		cfg.Getenv = func(string) string { return "" }
	}
	if cfg.Held == nil {
		cfg.Held = func(confine.Report) {}
	}
	return &Runner{cfg}, nil
}

// Run runs the stage's command in a new folder. Whatever happens, the folder goes and the log stays. An error that is a
// *CommandError means that the command itself failed.
func (r *Runner) Run(ctx context.Context, s Stage) (made Made, err error) {
	if r.cfg.TempDir != "" {
		if err := os.MkdirAll(r.cfg.TempDir, 0o700); err != nil {
			return made, err
		}
	}
	root, err := os.MkdirTemp(r.cfg.TempDir, "ashlar-stage-*")
	if err != nil {
		return made, fmt.Errorf("folder of the stage: %w", err)
	}
	defer func() { err = errors.Join(err, removeAll(root)) }()
	work := filepath.Join(root, "work")
	if made.Deps, err = lay(ctx, s.Deps, work); err != nil {
		return made, err
	}
	cwd := filepath.Join(work, filepath.FromSlash(s.Wdir))
	env, err := r.environ(ctx, s, root, cwd)
	if err != nil {
		return made, err
	}
	if err := r.command(ctx, s, root, cwd, env, &made); err != nil {
		return made, err
	}
	return made, r.collect(ctx, s.Stage, work, &made)
}
