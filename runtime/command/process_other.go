//go:build !unix

package command

import (
	"os"
	"os/exec"
)

func grouped(*exec.Cmd) {}

func endGroup(c *exec.Cmd) { _ = c.Process.Kill() } // gone already is the usual case

func signalled(*os.ProcessState) string { return "" }

func usageOf(p *os.ProcessState) Usage {
	if p == nil {
		return Usage{}
	}
	return Usage{CPU: p.SystemTime() + p.UserTime()}
}

// residentOf is not known here, so that a limit of memory holds on a cluster
// and on Linux only.
func residentOf(*exec.Cmd) int64 { return 0 }
