//go:build unix

package custom

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
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
	b := newBench(t)
	made := filepath.Join(b.share(), "made")
	fake(t, "micromamba", `
while [ $# -gt 0 ]; do case "$1" in -p) env=$2;; -f) file=$2;; esac; shift; done
mkdir -p "$env/bin" && printf '#!/bin/sh\necho from %s\n' "$(cat "$file")" > "$env/bin/tool" && chmod +x "$env/bin/tool"
echo x >> `+made+"\n")
	b.cfg.Envs = t.TempDir()
	with := func(cmd string) string {
		stage := plan.Stage{Cmd: []string{cmd}, Outs: []string{"o"},
			Environment: &plan.Environment{Conda: "environment.yml"}}
		return b.content(b.must(stage), "o")
	}
	b.write("environment.yml", "one")
	if got := with("tool > o"); got != "from one\n" {
		t.Errorf("the stage's own tool said %q", got)
	}
	with("tool | cat > o") // another command, the same environment
	b.write("environment.yml", "two")
	if got := with("tool > o"); got != "from two\n" {
		t.Errorf("the tool of another environment said %q", got)
	}
	if text, err := os.ReadFile(made); err != nil || strings.Count(string(text), "x") != 2 {
		t.Errorf("environments were made %d times (%v), want twice", strings.Count(string(text), "x"), err)
	}
}

func TestAPipEnvironmentHasAPythonOfItsOwn(t *testing.T) {
	if exec.Command("python3", "-c", "import venv, ensurepip").Run() != nil {
		t.Skip("skipped: there is no python3 that makes environments")
	}
	b := newBench(t)
	b.write("requirements.txt", "# nothing but Python itself\n")
	made := b.must(plan.Stage{
		Cmd: []string{`python3 -c 'import sys; print(sys.prefix != sys.base_prefix)' > o`}, Outs: []string{"o"},
		Environment: &plan.Environment{Pip: "requirements.txt"},
	})
	if got := b.content(made, "o"); got != "True\n" {
		t.Errorf("the stage's Python is in an environment: %q", got)
	}
}

func TestAnEnvironmentThatCannotBeMadeSaysWhy(t *testing.T) {
	fake(t, "micromamba", "echo no such package: xgbost; exit 1\n")
	b := newBench(t)
	b.write("environment.yml", "x")
	_, err := b.run(plan.Stage{Cmd: []string{"true"},
		Environment: &plan.Environment{Conda: "environment.yml"}})
	if err == nil || !strings.Contains(err.Error(), "environment environment.yml") ||
		!strings.Contains(err.Error(), "no such package: xgbost") {
		t.Errorf("got %v", err)
	}
}
