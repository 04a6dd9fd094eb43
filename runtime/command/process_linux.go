package command

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// rssUnit is the unit of a resource usage's resident size.
const rssUnit = 1024

// attributes have the system end the command with this process.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// residentOf adds up the resident sizes of the group's processes, in bytes.
func residentOf(c *exec.Cmd) int64 {
	dir, err := os.Open("/proc")
	if err != nil {
		return 0
	}
	names, _ := dir.Readdirnames(-1)
	_ = dir.Close()
	var total int64
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		b, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue // it has ended
		}
		group, pages := statOf(b)
		if group == c.Process.Pid {
			total += pages * int64(os.Getpagesize())
		}
	}
	return total
}

// statOf reads the process group and the resident pages out of /proc/N/stat,
// fields 5 and 24 of proc(5). The name before them is in brackets and may hold
// anything.
func statOf(b []byte) (group int, pages int64) {
	at := bytes.LastIndexByte(b, ')')
	if at < 0 {
		return 0, 0
	}
	fields := bytes.Fields(b[at+1:])
	if len(fields) < 22 {
		return 0, 0
	}
	group, _ = strconv.Atoi(string(fields[2]))
	pages, _ = strconv.ParseInt(string(fields[21]), 10, 64)
	return group, pages
}
