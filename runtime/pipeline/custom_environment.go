package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/command"
	"github.com/ashlar-dev/ashlar/runtime/confine"
)

// passed are the variables of this process that a command gets, addresses without
// user and password. Anything else, and credentials above all, stays here.
var passed = []string{
	"PATH", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES",
	"NVIDIA_DRIVER_CAPABILITIES", "JAVA_HOME",
	"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "SSL_CERT_FILE", "HTTP_PROXY",
	"HTTPS_PROXY", "NO_PROXY",
	"http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL", "PIP_CERT", "PIP_CONFIG_FILE",
}

// environ is the command's whole environment. The params are written beside it.
func (x *execution) environ(ctx context.Context, s *plan.Stage, root, cwd string,
	params map[string]any) ([]string, error) {
	home := filepath.Join(root, "home")
	for _, dir := range []string{home, filepath.Join(root, "tmp"), cwd} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	env := map[string]string{
		"HOME": home, "TMPDIR": filepath.Join(root, "tmp"), "LANG": "C.UTF-8", "PYTHONHASHSEED": "0",
		"PYTHONDONTWRITEBYTECODE": "1",
		"ASHLAR_SEED":             fmt.Sprint(x.seed),
	}
	for _, key := range passed {
		if v := x.Getenv(key); v != "" {
			env[key] = confine.Bare(v)
		}
	}
	if env["PATH"] == "" {
		env["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	}
	file, err := writeParams(root, cwd, params)
	if err != nil {
		return nil, err
	}
	if file != "" {
		env["ASHLAR_PARAMS"] = file
	}
	for name, v := range params {
		text, ok := v.(string)
		if !ok {
			b, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			text = string(b)
		}
		env[plan.ParamVariable(name)] = text
	}
	if s.Environment != nil {
		bin, err := x.installed(ctx, s.Environment, env)
		if err != nil {
			return nil, err
		}
		env["PATH"] = bin + string(os.PathListSeparator) + env["PATH"]
	}
	for key, v := range s.Env {
		env[key] = v
	}
	out := make([]string, 0, len(env))
	for key, v := range env {
		out = append(out, key+"="+v)
	}
	slices.Sort(out)
	return out, nil
}

// writeParams writes params.json, nested as the pipeline has them, where the
// command starts; where a dep is of that name, elsewhere. Without params there
// is none.
func writeParams(root, cwd string, params map[string]any) (string, error) {
	if len(params) == 0 {
		return "", nil
	}
	nested := map[string]any{}
	for name, v := range params {
		at, fields := nested, strings.Split(name, ".")
		for _, f := range fields[:len(fields)-1] {
			below, ok := at[f].(map[string]any)
			if !ok {
				below = map[string]any{}
				at[f] = below
			}
			at = below
		}
		at[fields[len(fields)-1]] = v
	}
	b, err := json.MarshalIndent(nested, "", "  ")
	if err != nil {
		return "", err
	}
	file := filepath.Join(cwd, "params.json")
	if _, err := os.Lstat(file); err == nil {
		file = filepath.Join(root, "params.json")
	}
	return file, os.WriteFile(file, append(b, '\n'), 0o600)
}

// installed makes the environment, once for each content of its file, and
// returns its folder of programs.
func (x *execution) installed(ctx context.Context, e *plan.Environment, env map[string]string) (string, error) {
	file := e.Conda + e.Pip
	digest, err := x.repo.Digest(ctx, file)
	if err != nil {
		return "", fmt.Errorf("environment %s: %w", file, err)
	}
	base := x.envs()
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", err
	}
	// The command that makes the environment may change what is its own, and not
	// the environments beside it.
	own := filepath.Join(base, digest[len("sha256:"):][:32])
	dir := filepath.Join(own, "env")
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
	if err := x.install(ctx, e, dir, env); err != nil {
		return "", errors.Join(fmt.Errorf("environment %s: %w", file, err), os.RemoveAll(own))
	}
	return bin, os.WriteFile(whole, nil, 0o600)
}

// envs is the folder of environments.
func (x *execution) envs() string {
	switch {
	case x.Envs != "":
		return x.Envs
	case x.TempDir != "":
		return filepath.Join(x.TempDir, "envs")
	}
	return filepath.Join(os.TempDir(), "ashlar-envs")
}

// install has pip or conda fill the folder.
func (x *execution) install(ctx context.Context, e *plan.Environment, dir string, env map[string]string) error {
	src, err := os.MkdirTemp(x.TempDir, "ashlar-env-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(src) }() // what is left of it harms nobody
	at := filepath.Join(src, filepath.Base(e.Conda+e.Pip))
	if err := x.repo.Lay(ctx, e.Conda+e.Pip, at); err != nil {
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
	vars := []string{"ENV_DIR=" + dir, "ENV_FILE=" + at}
	for key, v := range env {
		vars = append(vars, key+"="+v)
	}
	printed := command.NewLog(maxLog, nil)
	if _, err := command.Run(ctx, command.Spec{Lines: lines, Dir: src, Env: vars, Output: printed,
		Policy: x.policy(vars, filepath.Dir(dir), src, env["HOME"], env["TMPDIR"])}); err != nil {
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
