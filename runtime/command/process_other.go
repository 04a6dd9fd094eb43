//go:build !unix

package command

import (
	"os"
	"os/exec"

	"github.com/ashlar-dev/ashlar/runtime/confine"
)

func grouped(*exec.Cmd) {}

func endGroup(c *exec.Cmd) { _ = c.Process.Kill() } // gone already is the usual case

func asked(c *exec.Cmd, _ *confine.Box) error { return c.Process.Kill() }

func signalled(*os.ProcessState) string { return "" }

func usageOf(p *os.ProcessState) Usage {
	if p == nil {
		return Usage{}
	}
	return Usage{CPU: p.SystemTime() + p.UserTime()}
}

// Free is not known here.
func Free(string) (int64, bool) { return 0, false }
