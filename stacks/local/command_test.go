package local

import (
	"os/exec"
	"strings"
	"testing"
)

// What is printed to be pasted names the same folders once a shell has read it.
func TestACommandSurvivesTheShell(t *testing.T) {
	for _, dir := range []string{"shop", "my shop", "it's", "a$(touch x)b", "-rf", "été",
		`back\slash`, "tab\there", "*"} {
		line := Command(dir, "/tmp/other state", "model", "approve", "m", "1", "--by", "NAME")
		out, err := exec.Command("sh", "-c", "ashlar() { for w; do printf '%s\\000' \"$w\"; done; }\n"+line).Output()
		want := strings.Join([]string{"model", "approve", "m", "1", "--by", "NAME", "--dir", dir, "--state",
			"/tmp/other state", ""}, "\x00")
		if err != nil || string(out) != want {
			t.Errorf("%s: a shell reads %q (%v)", line, out, err)
		}
	}
	for _, dir := range []string{"", "."} {
		if got := Command(dir, StateFolder(dir, ""), "up"); got != "ashlar up" {
			t.Errorf("the defaults are spelled out: %s", got)
		}
	}
}
