package policies

import (
	"os/exec"
	"syscall"
)

// maxRSS is the most memory that the process held, in KB on Linux.
func maxRSS(cmd *exec.Cmd) int64 {
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss
}
