package custom

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/command"
)

// installed makes the environment, once for each content of its file, and
// returns its folder of programs.
func (r *Runner) installed(ctx context.Context, e *plan.Environment, env map[string]string) (string, error) {
	file := e.Conda + e.Pip
	digest, err := r.cfg.Files.Digest(ctx, file)
	if err != nil {
		return "", fmt.Errorf("environment %s: %w", file, err)
	}
	base := r.envs()
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", err
	}
	// The command that makes the environment may change what is its own, and not
	// the environments beside it.
	own := filepath.Join(base, digest[len("sha256:"):][:32])
	dir := filepath.Join(own, "env")
	// Processes side by side need the same environment: the first makes it, and the others wait.
	lock := flock.New(own + ".lock")
	if err := lock.Lock(); err != nil {
		return "", fmt.Errorf("environment %s: %w", file, err)
	}
	defer func() { _ = lock.Unlock() }() // it goes with the process in any case
	bin, whole := filepath.Join(dir, "bin"), own+".whole"
	if _, err := os.Stat(whole); err == nil {
		return bin, nil
	}
	// One that is not whole was left by a process that was killed.
	if err := errors.Join(os.RemoveAll(own), os.Mkdir(own, 0o700)); err != nil {
		return "", err
	}
	if err := r.install(ctx, e, dir, env); err != nil {
		return "", errors.Join(fmt.Errorf("environment %s: %w", file, err), os.RemoveAll(own))
	}
	return bin, os.WriteFile(whole, nil, 0o600)
}

// envs is the folder of environments.
func (r *Runner) envs() string {
	switch {
	case r.cfg.Envs != "":
		return r.cfg.Envs
	case r.cfg.TempDir != "":
		return filepath.Join(r.cfg.TempDir, "envs")
	}
	return filepath.Join(os.TempDir(), "ashlar-envs")
}

// install has pip or conda fill the folder.
func (r *Runner) install(ctx context.Context, e *plan.Environment, dir string, env map[string]string) error {
	// The file is laid by itself: pip and conda see nothing else of the repository.
	src, err := os.MkdirTemp(r.cfg.TempDir, "ashlar-env-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(src) }() // what is left of it harms nobody
	at := filepath.Join(src, filepath.Base(e.Conda+e.Pip))
	if err := r.cfg.Files.Lay(ctx, e.Conda+e.Pip, at); err != nil {
		return err
	}
	lines := []string{`python3 -m venv "$ENV_DIR"`,
		`"$ENV_DIR/bin/python" -m pip install --disable-pip-version-check --no-input -r "$ENV_FILE"`}
	if e.Conda != "" {
		tool, err := condaTool()
		if err != nil {
			return err
		}
		lines = []string{tool + ` -y -p "$ENV_DIR" -f "$ENV_FILE"`}
	}
	// Paths are given as variables and not written into the lines, so that none of them is read as shell.
	vars := []string{"ENV_DIR=" + dir, "ENV_FILE=" + at}
	for key, v := range env {
		vars = append(vars, key+"="+v)
	}
	printed := command.NewLog(maxLog, nil)
	if _, err := command.Run(ctx, command.Spec{Lines: lines, Dir: src, Env: vars, Output: printed,
		Policy: r.policy(vars, filepath.Dir(dir), src, env["HOME"], env["TMPDIR"])}); err != nil {
		return &CommandError{err, printed.Tail(tailShow)}
	}
	return nil
}

// condaTool is the first of conda's programs that is there.
func condaTool() (string, error) {
	for _, tool := range []struct{ name, line string }{
		{"micromamba", "micromamba create"}, {"mamba", "mamba env create"}, {"conda", "conda env create"},
	} {
		if _, err := exec.LookPath(tool.name); err == nil {
			return tool.line, nil
		}
	}
	return "", errors.New("neither micromamba, mamba nor conda is on the PATH: install one, or say {pip: \"requirements.txt\"}")
}
