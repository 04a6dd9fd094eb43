//go:build linux && integration

package confine

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/command"
	"github.com/ashlar-dev/ashlar/runtime/confine"
)

// A bomb may have so many processes, and makes so many where nothing ends it.
const (
	tasks  = 100
	unheld = 3000
)

// bombs has a command fork without end. A cgroup holds it to its number of
// processes until its time is over, and without one the limit of the user's
// processes does; root has no such limit, which the record says. Meanwhile other
// commands run, and afterwards nothing of it is left.
func (f *field) bombs(rows map[string][3]string) {
	for name, memory := range map[string]int64{"fork without end": 0,
		"fork without end, with a limit of memory": 1 << 30} {
		for how, line := range map[string]string{"": "./escape bomb forks ",
			", without an environment": "env -i ./escape bomb forks "} {
			f.bomb(rows, name+how, command.Spec{Lines: []string{line + strconv.Itoa(unheld)}, Memory: memory})
		}
	}
}

func (f *field) bomb(rows map[string][3]string, name string, s command.Spec) {
	dir, err := os.MkdirTemp(f.temp, "bomb-*")
	if err != nil {
		f.t.Fatal(err)
	}
	copied(f.t, filepath.Join(f.Dir, "escape"), filepath.Join(dir, "escape"))
	base := confine.Base(os.Getenv)
	var report confine.Report
	s.Dir, s.Env, s.Tasks, s.Timeout, s.Grace = dir, []string{"PATH=/usr/bin:/bin"}, tasks,
		5*time.Second, 100*time.Millisecond
	s.Policy, s.Held = base.For([]string{dir}), func(r confine.Report) { report = r }
	done, seen := make(chan struct{}), make(chan besides)
	go meanwhile(done, seen)
	began := time.Now()
	_, err = command.Run(f.t.Context(), s)
	took := time.Since(began)
	close(done)
	saw := <-seen
	b, _ := os.ReadFile(filepath.Join(dir, "forks"))
	if len(b) != 8 {
		f.t.Errorf("%s: it has not begun: %v", name, err)
		return
	}
	forks, left := int64(binary.NativeEndian.Uint64(b)), bombers()
	said := fmt.Sprintf("prevented: %d at once, others waited %s", saw.most, saw.slowest.Round(time.Millisecond))
	must, by := "prevented", "limit of the user's processes, timeout"
	ended := err != nil && saw.most <= tasks && forks < unheld &&
		(strings.Contains(err.Error(), "longer than its timeout") ||
			strings.Contains(err.Error(), fmt.Sprintf("more than %d processes", tasks)))
	switch {
	case strings.Contains(strings.Join(report.Held, " "), "pids"):
		by = "cgroup, timeout"
	case !slices.Contains(report.Open, confine.OpenTasks):
		f.t.Errorf("%s: no cgroup bounds it, and the record does not say so", name)
	case os.Getuid() == 0:
		must, by, ended, saw.slowest, took = "open, and recorded", "-", err != nil, 0, 0
	}
	if !ended || len(left) > 0 || took > 15*time.Second || saw.slowest > 5*time.Second {
		said = "open"
		f.t.Errorf("%s: %v after %s and %d forks, %d at once, %d left, others waited %s", name, err, took, forks,
			saw.most, len(left), saw.slowest)
	}
	for _, pid := range left {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	rows[name] = [3]string{must, said, by}
}

// besides is what is seen beside a bomb: how long the slowest of other commands
// took, and how many bombers there were at once.
type besides struct {
	slowest time.Duration
	most    int
}

// meanwhile runs commands until it is told to end, and says what it has seen.
func meanwhile(done <-chan struct{}, seen chan<- besides) {
	var saw besides
	for {
		select {
		case <-done:
			seen <- saw
			return
		default:
			began := time.Now()
			_ = exec.Command("/bin/true").Run() // one that cannot be started takes long, or is tried again
			saw.slowest = max(saw.slowest, time.Since(began))
			saw.most = max(saw.most, len(bombers()))
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// bombers are the processes of bombs that have not ended.
func bombers() []int {
	var out []int
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is well formed
	for _, file := range all {
		b, err := os.ReadFile(file)
		if err != nil || !strings.HasPrefix(string(b), "./escape\x00bomb\x00") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && alive(pid) {
			out = append(out, pid)
		}
	}
	return out
}
