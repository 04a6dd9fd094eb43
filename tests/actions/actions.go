// Package actions runs jobs of generated workflows as GitHub's runner does: every
// run step, in order, in a shell, with the variables that the step names.
package actions

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflow is as much of one as a run needs. A key of a step that is not here is
// an error, so that nothing a workflow says is passed over.
type workflow struct {
	Jobs map[string]job `yaml:"jobs"`
}

type job struct {
	If    string `yaml:"if"`
	Steps []step `yaml:"steps"`
}

type step struct {
	Name string
	ID   string
	If   string `yaml:"if"`
	Uses string
	With map[string]string
	Env  map[string]string
	Run  string
}

// does are the actions that a runner here need not run, each with what it does
// instead. Another action fails the test.
var does = map[string]func(r *Runner, s step) error{
	"actions/checkout": func(*Runner, step) error { return nil }, // it is checked out
	"actions/setup-go": func(*Runner, step) error { return nil }, // Go is there
	"actions/cache":    func(*Runner, step) error { return nil }, // a cold one
	"actions/upload-artifact": func(r *Runner, s step) error {
		for _, name := range strings.Fields(s.With["path"]) {
			to := filepath.Join(r.Artifacts, s.With["name"])
			if err := os.MkdirAll(to, 0o755); err != nil {
				return err
			}
			if !filepath.IsAbs(name) {
				name = filepath.Join(r.Dir, name)
			}
			if info, err := os.Stat(name); err == nil && info.IsDir() {
				name += "/." // an artifact of one folder has what is in it
			}
			if out, err := exec.Command("cp", "-r", name, to).CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
		}
		return nil
	},
	"actions/download-artifact": func(r *Runner, s step) error {
		if err := os.MkdirAll(s.With["path"], 0o755); err != nil {
			return err
		}
		from := filepath.Join(r.Artifacts, s.With["name"]) + "/."
		if out, err := exec.Command("cp", "-r", from, s.With["path"]).CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	},
}

// Runner runs jobs in a work tree.
type Runner struct {
	T         testing.TB
	Dir       string            // the work tree
	Artifacts string            // where uploads go
	Path      string            // doubles, before everything
	Values    map[string]string // of expressions; one that is not here is an error
	Env       map[string]string // that GitHub sets
	Skip      []string          // names of steps that a test does in another way, such as a download
	Ran       []string          // "job: step"
}

// Run runs a job's steps and returns what they said; the first that fails ends
// it, as on GitHub.
func (r *Runner) Run(name, job string) (string, error) {
	r.T.Helper()
	j := r.job(name, job)
	if r.expression(j.If) == "false" {
		return "", fmt.Errorf("job %s does not run: %s", job, j.If)
	}
	temp := r.T.TempDir()
	r.Values["runner.temp"] = temp
	files := map[string]string{"RUNNER_TEMP": temp}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"} {
		files[name] = filepath.Join(temp, strings.ToLower(name))
		if err := os.WriteFile(files[name], nil, 0o600); err != nil {
			r.T.Fatal(err)
		}
	}
	var said bytes.Buffer
	for _, s := range j.Steps {
		if r.Values[s.If] == "false" || slices.Contains(r.Skip, s.Name) {
			continue
		}
		r.Ran = append(r.Ran, job+": "+s.Name+s.Uses)
		if err := r.step(s, files, &said); err != nil {
			return said.String(), fmt.Errorf("%s, job %s, step %q: %w\n%s", name, job, s.Name, err, said.String())
		}
	}
	summary, err := os.ReadFile(files["GITHUB_STEP_SUMMARY"])
	return said.String() + string(summary), err
}

// Only runs the named step of a job, and no other, and returns what it said.
func (r *Runner) Only(name, job, title string) (string, error) {
	r.T.Helper()
	for _, s := range r.job(name, job).Steps {
		if s.Name == title {
			var said bytes.Buffer
			err := r.step(s, map[string]string{"GITHUB_PATH": os.DevNull, "GITHUB_ENV": os.DevNull}, &said)
			return said.String(), err
		}
	}
	r.T.Fatalf("%s has no step %q in job %s", name, title, job)
	return "", nil
}

// job reads a job of the workflow with that file's name.
func (r *Runner) job(file, name string) job {
	r.T.Helper()
	text, err := os.ReadFile(filepath.Join(r.Dir, ".github", "workflows", file))
	if err != nil {
		r.T.Fatal(err)
	}
	var w workflow
	if err := yaml.Unmarshal(text, &w); err != nil {
		r.T.Fatal(err)
	}
	j, ok := w.Jobs[name]
	if !ok {
		r.T.Fatalf("%s has no job %s", file, name)
	}
	return j
}

func (r *Runner) step(s step, files map[string]string, said *bytes.Buffer) error {
	if s.Uses != "" {
		action, _, _ := strings.Cut(s.Uses, "@")
		do, ok := does[action]
		if !ok {
			return fmt.Errorf("the runner does not know the action %s", action)
		}
		for name, value := range s.With {
			s.With[name] = r.expression(value)
		}
		return do(r, s)
	}
	env := maps.Clone(r.Env)
	maps.Copy(env, files)
	added, err1 := os.ReadFile(files["GITHUB_PATH"])
	set, err2 := os.ReadFile(files["GITHUB_ENV"])
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	path := append(strings.Fields(string(added)), r.Path, os.Getenv("PATH"))
	env["PATH"] = strings.Join(path, string(os.PathListSeparator))
	for _, line := range strings.Split(string(set), "\n") {
		if name, value, ok := strings.Cut(line, "="); ok {
			env[name] = value
		}
	}
	for name, value := range s.Env {
		env[name] = r.expression(value)
	}
	script := r.expression(s.Run)
	if script != s.Run {
		return fmt.Errorf("an expression is in the script %q", s.Run)
	}
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.Dir, said, said
	for _, name := range []string{"HOME", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB", "GOFLAGS",
		"GONOSUMDB", "GOTOOLCHAIN"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, name+"="+env[name])
	}
	return cmd.Run()
}

var expressions = regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`)

// expression replaces expressions by their values; a whole `if` is one.
func (r *Runner) expression(text string) string {
	if value, ok := r.Values[text]; ok {
		return value
	}
	return expressions.ReplaceAllStringFunc(text, func(one string) string {
		name := expressions.FindStringSubmatch(one)[1]
		value, ok := r.Values[name]
		if !ok {
			r.T.Fatalf("the runner does not know ${{ %s }}", name)
		}
		return value
	})
}
