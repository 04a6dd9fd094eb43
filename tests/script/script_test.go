// Package script runs the CLI as a user types it: every testdata/*.txtar is a
// folder of files and the commands typed in it, against the real binary.
package script

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(build(m))
}

// build puts the binary on PATH and runs the tests.
func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ashlar-script-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "ashlar"), "github.com/ashlar-dev/ashlar/cmd/ashlar")
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build ashlar:", err)
		return 1
	}
	if err := pythonFirst(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// pythonFirst puts the system's Python into the folder where the one on PATH
// lacks what the scripts import and the system's has it.
func pythonFirst(dir string) error {
	const system = "/usr/bin/python3"
	if imports("python3", "xgboost") || !imports(system, "xgboost") {
		return nil
	}
	return os.Symlink(system, filepath.Join(dir, "python3"))
}

func imports(python, module string) bool {
	return exec.Command(python, "-c", "import "+module).Run() == nil
}

// condition knows [python:MODULE], which holds where python3 can import it.
func condition(cond string) (bool, error) {
	module, ok := strings.CutPrefix(cond, "python:")
	if !ok {
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	return imports("python3", module), nil
}

func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../blueprints/examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition:           condition,
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLES", examples)
			env.Setenv("ASHLAR_USER", "ada")
			env.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"up":    up,
			"down":  down,
			"http":  request,
			"edit":  edit,
			"forge": forge,
			"until": until,
			"exit1": exits(1), "exit2": exits(2), "exit1or2": exits(1, 2), "exit3": exits(3),
			"damage": damage,
		},
	})
}
