//go:build unix && !linux

package command

import (
	"os/exec"
	"syscall"
)

// rssUnit is the unit of a resource usage's resident size.
const rssUnit = 1

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// residentOf is not known here, so that a limit of memory holds on a cluster
// and on Linux only.
func residentOf(*exec.Cmd) int64 { return 0 }
