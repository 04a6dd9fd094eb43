package script

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestReadme runs every shell command of the README, in order, in one shell
// that stops at the first failure.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	commands := 0
	for _, m := range shellBlock.FindAllStringSubmatch(string(text), -1) {
		script.WriteString(m[1])
		commands += strings.Count(m[1], "ashlar ")
	}
	if commands < 10 {
		t.Fatalf("the README has %d commands; is its form still the one this test reads?", commands)
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", script.String())
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "ASHLAR_USER=ada", "TMPDIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"all stages reused", "the audit log is whole", "ashlar model approve default-risk 1 --by NAME"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}
