//go:build unix

package pipeline

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// fake puts a program of that name first on this test's PATH.
func fake(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script),
		0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestACondaEnvironmentIsMadeOnceForEachContent(t *testing.T) {
	w := newWorld(t)
	made := filepath.Join(w.share(), "made")
	fake(t, "micromamba", `
while [ $# -gt 0 ]; do case "$1" in -p) env=$2;; -f) file=$2;; esac; shift; done
mkdir -p "$env/bin" && printf '#!/bin/sh\necho from %s\n' "$(cat "$file")" > "$env/bin/tool" && chmod +x "$env/bin/tool"
echo x >> `+made+"\n")
	envs := t.TempDir()
	with := func(cmd string) *run.Run {
		r := w.runner(line(map[string]plan.Stage{"a": {Cmd: []string{cmd}, Outs: []string{"o"},
			Environment: &plan.Environment{Conda: "environment.yml"}}}))
		r.cfg.Envs = envs
		got, err := r.Do(t.Context(), Job{Unit: plan.Unit{Pipeline: "l"}})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	w.write("environment.yml", "one")
	first := with("tool > o")
	if got := w.content(first, "a", "o"); got != "from one\n" {
		t.Errorf("the stage's own tool said %q", got)
	}
	with("tool | cat > o") // another command, the same environment
	w.write("environment.yml", "two")
	if again := with("tool > o"); ran(again) != "a" || w.content(again, "a", "o") != "from two\n" {
		t.Errorf("with another environment ran %q", ran(again))
	}
	if b, err := os.ReadFile(made); err != nil || strings.Count(string(b), "x") != 2 {
		t.Errorf("environments were made %d times (%v), want twice", strings.Count(string(b), "x"), err)
	}
}

func TestAPipEnvironmentHasAPythonOfItsOwn(t *testing.T) {
	if exec.Command("python3", "-c", "import venv, ensurepip").Run() != nil {
		t.Skip("skipped: there is no python3 that makes environments")
	}
	w := newWorld(t)
	w.write("requirements.txt", "# nothing but Python itself\n")
	r := w.must(line(map[string]plan.Stage{"a": {
		Cmd: []string{`python3 -c 'import sys; print(sys.prefix != sys.base_prefix)' > o`}, Outs: []string{"o"},
		Environment: &plan.Environment{Pip: "requirements.txt"},
	}}))
	if got := w.content(r, "a", "o"); got != "True\n" {
		t.Errorf("the stage's Python is in an environment: %q", got)
	}
}

func TestAnEnvironmentThatCannotBeMadeSaysWhy(t *testing.T) {
	fake(t, "micromamba", "echo no such package: xgbost; exit 1\n")
	w := newWorld(t)
	w.write("environment.yml", "x")
	_, err := w.run(line(map[string]plan.Stage{"a": {Cmd: []string{"true"},
		Environment: &plan.Environment{Conda: "environment.yml"}}}))
	if err == nil || !strings.Contains(err.Error(), "environment environment.yml") ||
		!strings.Contains(err.Error(), "no such package: xgbost") {
		t.Errorf("got %v", err)
	}
}
