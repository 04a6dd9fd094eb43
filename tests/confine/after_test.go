//go:build linux && integration

package confine

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/command"
)

// alive reports whether the process is there.
func alive(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(b), ") Z ")
}

// processes has the stage leave processes behind, in every way that there is.
func (f *field) processes(rows map[string][3]string) {
	for how, by := range map[string]string{"session": "own session, orphans are found", "orphan": "orphans are found",
		"bare": "orphans are found"} {
		for _, ends := range []string{"at its end", "at its timeout"} {
			name := "outlive the stage " + ends + ", by way of " +
				map[string]string{"session": "setsid", "orphan": "a double fork",
					"bare": "a double fork and no environment"}[how]
			s := plan.Stage{Cmd: []string{"./escape hold " + how + " pid && cat pid && cp pid pids"},
				Deps: []string{"escape"}, Outs: []string{"pids"}, AlwaysChanged: true}
			if ends == "at its timeout" {
				s.Cmd[0] += " && trap '' TERM && while :; do sleep 1; done"
				s.Timeout = "1s"
			}
			run, err := f.run(s)
			if (err != nil) != (s.Timeout != "") {
				f.t.Errorf("%s: %v", name, err)
				continue
			}
			log, err := f.store.GetBytes(f.t.Context(), run.Stages[0].Log, 1<<20)
			if err != nil {
				f.t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(string(log)))
			if err != nil {
				f.t.Errorf("%s: %v", name, err)
				continue
			}
			said := "prevented: it has ended"
			if alive(pid) {
				said = "open"
				f.t.Errorf("%s: process %d is there", name, pid)
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
			rows[name] = [3]string{"prevented", said, by}
		}
	}
}

// limits has commands use more than they may.
func (f *field) limits(rows map[string][3]string) {
	run, err := f.run(plan.Stage{Cmd: []string{`x=0123456789abcdef; while :; do x="$x$x"; done`},
		Memory: "64Mi", Timeout: "60s"})
	by := "looked at 20 times a second"
	if r := run.Stages[0].Confinement; r != nil && strings.Contains(strings.Join(r.Held, " "), "memory") {
		by = "cgroup"
	}
	f.stopped(rows, "more memory than declared", "more than its limit of 64 MiB", by, err)
	run, err = f.run(plan.Stage{Cmd: []string{`for i in 1 2 3 4; do (setsid sh -c 'x=0123456789abcdef; while [ ${#x} -lt 30000000 ]; do x="$x$x"; done; sleep 30') & done; wait; sleep 30`}, Memory: "64Mi", Timeout: "60s"})
	_ = run
	f.stopped(rows, "more memory in sessions of its own", "more than its limit of 64 MiB", by, err)
	free, _ := command.Free(f.temp)
	_, err = command.Run(f.t.Context(), command.Spec{
		Lines: []string{"dd if=/dev/zero of=big bs=1M count=4096 2>/dev/null; sleep 30"}, Dir: f.temp,
		Env:  []string{"PATH=/usr/bin:/bin"},
		Disk: free - 64<<20, Timeout: time.Minute, Grace: time.Second,
	})
	_ = os.Remove(filepath.Join(f.temp, "big"))
	f.stopped(rows, "fill the disk", "of the disk", "looked at 20 times a second", err)
	_, err = f.run(plan.Stage{Cmd: []string{"sleep 60"}, Timeout: "500ms"})
	f.stopped(rows, "take longer than the timeout", "longer than its timeout", "timeout", err)
}

func (f *field) stopped(rows map[string][3]string, name, want, by string, err error) {
	said := "open"
	if err != nil && strings.Contains(err.Error(), want) {
		said = "prevented: it was ended"
	} else {
		f.t.Errorf("%s: %v", name, err)
	}
	rows[name] = [3]string{"prevented", said, by}
}

// links has the stage leave links for the one who keeps what it made.
func (f *field) links(rows map[string][3]string) {
	for name, cmd := range map[string]string{
		"an out that is a link to a file outside":      "ln -s " + f.Secret + " o",
		"an out that is a link to a folder outside":    "ln -s " + f.Outside + " o",
		"a folder of an out that is a link outside":    "rm -rf sub && ln -s " + f.Outside + " sub",
		"an out that is a pipe which nobody writes to": "mkfifo o",
	} {
		out := "o"
		if strings.Contains(cmd, "sub") {
			out = "sub/old"
		}
		run, err := f.run(plan.Stage{Cmd: []string{cmd}, Outs: []string{out}, AlwaysChanged: true})
		said := "open"
		if err != nil {
			said = "prevented: " + err.Error()
		} else {
			f.t.Errorf("%s: it was kept: %v", name, run.Stages[0].Files)
		}
		rows[name] = [3]string{"prevented", said, "what is kept is read through the folder's root"}
	}
}
