package script

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// page is a page whose shell commands are run.
type page struct {
	commands int      // how many there are at least
	want     []string // what their output must hold
}

// pages is the list that a page with commands is added to. Blocks marked "console" are
// run by TestConsoles.
var pages = map[string]page{
	"README.md": {12, []string{"all stages reused", "the audit log is whole", "pause 5m: agreement: ",
		"ashlar model approve default-risk 1 --by NAME"}},
	"docs/getting-started.md": {14, []string{
		`did you mean "max_depth"?`, "exit code 2", "FIELD:     models.NAME.params.max_depth", "all stages reused",
		"scoring serves default-risk version 2",
		"ashlar model approve default-risk 2 --by NAME", "the audit log is whole",
	}},
	"docs/how-to/install.md":  {1, []string{"-F __start_ashlar ashlar"}},
	"docs/how-to/own-data.md": {4, []string{"predict serves main version 1"}},
	"docs/how-to/backup.md": {8, []string{" is whole: ", "restored backup", "the audit log is whole",
		"scoring serves default-risk version 1"}},
	"docs/how-to/approvals.md": {6, []string{"exit code 1", "scoring serves default-risk version 1", "found a leak"}},
	"docs/how-to/rollback.md": {10, []string{"default-risk is pinned to version 2 in prod",
		"scoring serves default-risk version 1"}},
}

// TestPages runs every shell command of each page, in order, in one shell that
// stops at the first failure.
func TestPages(t *testing.T) {
	for name, p := range pages {
		t.Run(name, func(t *testing.T) {
			if name != "README.md" && name != "docs/getting-started.md" {
				t.Parallel() // those two build bin/ashlar
			}
			out := runPage(t, name, p.commands)
			for _, want := range p.want {
				if !strings.Contains(out, want) {
					t.Errorf("the output lacks %q:\n%s", want, out)
				}
			}
		})
	}
}

func runPage(t *testing.T, name string, least int) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	commands := 0
	for _, m := range shellBlock.FindAllStringSubmatch(string(text), -1) {
		script.WriteString(m[1])
		commands += strings.Count(m[1], "ashlar ")
	}
	if commands < least {
		t.Fatalf("%s has %d commands; is its form still the one this test reads?", name, commands)
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", script.String())
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "ASHLAR_USER=ada", "TMPDIR="+t.TempDir(), "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// TestEveryPageWithCommandsIsRun finds pages that nobody has listed.
func TestEveryPageWithCommandsIsRun(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/how-to/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			if _, listed := pages[filepath.ToSlash(name)]; !listed && shellBlock.Match(text) {
				t.Errorf("%s has commands and is not among the pages that are run", name)
			}
		}
	}
}
