package custom

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
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

// environ is the command's whole environment, as sorted KEY=value, and the files that it names: the params and what the
// stage needs installed. It is the same for the same stage on every machine but for the variables that are passed, so
// that a result does not depend on who runs it. The stage's own env comes last and may change any of them.
func (r *Runner) environ(ctx context.Context, s Stage, root, cwd string) ([]string, error) {
	home := filepath.Join(root, "home")
	for _, dir := range []string{home, filepath.Join(root, "tmp"), cwd} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
	}
	env := map[string]string{
		"HOME": home, "TMPDIR": filepath.Join(root, "tmp"), "LANG": "C.UTF-8", "PYTHONHASHSEED": "0",
		"PYTHONDONTWRITEBYTECODE": "1",
		"ASHLAR_SEED":             fmt.Sprint(s.Seed),
	}
	for _, key := range passed {
		if v := r.cfg.Getenv(key); v != "" {
			env[key] = confine.Bare(v)
		}
	}
	// Without one a shell looks in places of its own, which differ.
	if env["PATH"] == "" {
		env["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	}
	file, err := writeParams(root, cwd, s.Params)
	if err != nil {
		return nil, err
	}
	if file != "" {
		env["ASHLAR_PARAMS"] = file
	}
	// A text is given as it is; anything else, such as a list, as JSON.
	for name, v := range s.Params {
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
		bin, err := r.installed(ctx, s.Environment, env)
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
