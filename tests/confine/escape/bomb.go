//go:build linux

package main

import (
	"os"
	ossignal "os/signal"
	"runtime"
	"strconv"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A bomb forks as fast as it can, and each of its children does: in sessions of
// their own, with every signal ignored that can be. It is one that is safe to
// test with: together they fork so many times and no more, and none lives longer
// than half a minute, whether anybody ends them or not.
const (
	fuse = 10_000_000 // nanoseconds that one waits that may not fork
	life = 3000       // so often
)

// bomb counts its forks in a file, and makes at most so many.
func bomb(file, most string) error {
	limit, err := strconv.ParseInt(most, 10, 64)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Truncate(8); err != nil {
		return err
	}
	shared, err := unix.Mmap(int(f.Fd()), 0, 8, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	ossignal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGTSTP, unix.SIGUSR1, unix.SIGUSR2)
	runtime.LockOSThread()
	split((*int64)(unsafe.Pointer(&shared[0])), limit)
	return nil
}

// split forks until it has lived for long enough. A child has nothing of Go but
// the one thread: no more than system calls is done here.
func split(forks *int64, limit int64) {
	wait := unix.Timespec{Nsec: fuse}
	for lived := 0; lived < life; {
		if atomic.LoadInt64(forks) < limit {
			pid, _, failed := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
			if failed == 0 {
				if pid != 0 {
					atomic.AddInt64(forks, 1)
				} else {
					lived = 0
					_, _, _ = unix.RawSyscall(unix.SYS_SETSID, 0, 0, 0)
				}
				continue
			}
		}
		lived++
		_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&wait)), 0, 0)
	}
	_, _, _ = unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
}
