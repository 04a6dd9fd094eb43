//go:build unix

package command

import (
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/confine"
)

// grouped makes the command the head of a group, where its box makes it none.
func grouped(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// asked asks the command, and all that it has started, to end.
// The box reaches what has left the group. Where it finds nothing, as on systems
// without one, the group is asked.
func asked(c *exec.Cmd, box *confine.Box) error {
	if box.Signal(syscall.SIGTERM) {
		return nil
	}
	return syscall.Kill(-c.Process.Pid, syscall.SIGTERM)
}

// endGroup ends what is left of the command's group.
func endGroup(c *exec.Cmd) { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) } // none left is the usual case

// signalled is the signal that ended the process, by its name, or "".
func signalled(p *os.ProcessState) string {
	if w, ok := p.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return "signal " + w.Signal().String()
	}
	return ""
}

// usageOf is what the process and its waited-for children took. Processes that it
// left to others are not in it.
func usageOf(p *os.ProcessState) Usage {
	if p == nil {
		return Usage{}
	}
	used := Usage{CPU: p.SystemTime() + p.UserTime()}
	if r, ok := p.SysUsage().(*syscall.Rusage); ok {
		used.Memory = int64(r.Maxrss) * rssUnit //nolint:unconvert // it is shorter on some systems
		used.CPU = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	return used
}

// Free is what an ordinary user may still write to the disk of the folder; false
// where that is not known.
func Free(dir string) (int64, bool) {
	var stat syscall.Statfs_t
	if syscall.Statfs(dir, &stat) != nil {
		return 0, false
	}
	return int64(stat.Bavail) * int64(stat.Bsize), true //nolint:unconvert // their types differ between systems
}
