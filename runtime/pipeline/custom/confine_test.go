//go:build linux

package custom

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/confine"
)

// More ways out are tried by tests/confine.
func TestAStageIsKeptFromWhatIsNotItsOwn(t *testing.T) {
	b := newBench(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
	t.Setenv("HTTPS_PROXY", "http://ada:s3cret@127.0.0.1:1")
	b.write("blueprint.cue", "x")
	ways := map[string]string{
		"environ":   fmt.Sprintf("grep -q s3cret /proc/%d/environ", os.Getpid()),
		"own":       "env | grep -q s3cret",
		"store":     "touch " + filepath.Join(b.store.Folder(), "x"),
		"blueprint": "echo y >> " + filepath.Join(b.dir, "blueprint.cue"),
		"temporary": "touch /tmp/ashlar-stage-was-here",
		"signal":    fmt.Sprintf("kill -0 %d", os.Getpid()),
	}
	var cmd []string
	for name, way := range ways {
		cmd = append(cmd, fmt.Sprintf("if %s 2>/dev/null; then echo open > %s; else echo shut > %s; fi", way, name,
			name))
	}
	outs := []string{"pid"}
	for name := range ways {
		outs = append(outs, name)
	}
	cmd = append(cmd, "(env -i setsid sh -c 'echo $$ > pid; trap \"\" TERM; sleep 60; sleep 60' >/dev/null 2>&1 &); while ! [ -s pid ]; do sleep 0.01; done")
	made := b.must(plan.Stage{Cmd: cmd, Outs: outs})
	record := made.Confinement
	if record == nil {
		t.Fatal("the record does not say what held the stage")
	}
	open := map[string]string{"store": confine.OpenFiles, "blueprint": confine.OpenFiles,
		"temporary": confine.OpenFiles, "signal": confine.OpenSignals}
	for name := range ways {
		want := "shut"
		if slices.Contains(record.Open, open[name]) {
			want = "open"
		}
		if got := strings.TrimSpace(b.content(made, name)); got != want {
			t.Errorf("%s is %s, want %s by the record %s", name, got, want, record)
		}
	}
	pid, err := strconv.Atoi(strings.TrimSpace(b.content(made, "pid")))
	if err != nil || syscall.Kill(pid, 0) == nil {
		t.Errorf("process %d has outlived the stage (%v)", pid, err)
	}
}

func TestWhatAStageMakesIsReadBelowItsFolder(t *testing.T) {
	b := newBench(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(`{"x": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]plan.Stage{
		"an out": {Cmd: []string{"ln -s " + secret + " o"}, Outs: []string{"o"}},
		"a folder of an out": {Cmd: []string{"rmdir d; ln -s " + filepath.Dir(secret) + " d"},
			Outs: []string{"d/secret"}},
		"metrics": {Cmd: []string{"ln -s " + secret + " m.json"}, Metrics: []string{"m.json"}},
		"a folder of metrics": {Cmd: []string{"rmdir d; ln -s " + filepath.Dir(secret) + " d"},
			Metrics: []string{"d/secret"}},
		"a link in a folder":    {Cmd: []string{"mkdir d; ln -s " + secret + " d/o"}, Outs: []string{"d"}},
		"a folder by its links": {Cmd: []string{"ln -s " + filepath.Dir(secret) + " d"}, Outs: []string{"d"}},
	} {
		if _, err := b.run(s); err == nil || strings.Contains(err.Error(), "x\": 1") {
			t.Errorf("%s was kept, or quoted (%v)", name, err)
		}
	}
}
