//go:build unix

package command

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// grouped makes the command the head of a group of its own, which is asked to
// end when the context is done.
func grouped(c *exec.Cmd) {
	c.SysProcAttr = attributes()
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
}

// endGroup ends whatever of the group is left.
func endGroup(c *exec.Cmd) { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) } // none left is the usual case

func signalled(p *os.ProcessState) string {
	if w, ok := p.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return "signal " + w.Signal().String()
	}
	return ""
}

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
