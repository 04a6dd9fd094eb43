//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	ossignal "os/signal"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// errNothing is the end of a way on which there was nothing to find.
var errNothing = errors.New("there is nothing")

func parentFile(name string) way {
	return func(f Field) error { return readNumbered(f.Parent, name) }
}

// readNumbered reads the beginning of a file of a process.
func readNumbered(pid int, name string) error {
	f, err := os.Open(fmt.Sprintf("/proc/%d/%s", pid, name))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if name == "mem" {
		return nil
	}
	n, err := f.Read(make([]byte, 16))
	if n > 0 {
		return nil
	}
	return errors.Join(err, errNothing)
}

func rootOfParent(f Field) error { return read(fmt.Sprintf("/proc/%d/root%s", f.Parent, f.Secret)) }

func cwdOfParent(f Field) error {
	_, err := os.ReadDir(fmt.Sprintf("/proc/%d/cwd/", f.Parent))
	return err
}

func descriptorsOfParent(f Field) error {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", f.Parent))
	for _, e := range entries {
		if _, err = os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", f.Parent, e.Name())); err == nil {
			return nil
		}
	}
	return err
}

func takeDescriptor(f Field) error {
	fd, err := unix.PidfdOpen(f.Parent, 0)
	if err != nil {
		return err
	}
	_, err = unix.PidfdGetfd(fd, 1, 0)
	return err
}

// trace attaches to the process, and lets it go where that worked.
func trace(pid int) error {
	if err := unix.PtraceSeize(pid); err != nil {
		return err
	}
	_ = unix.PtraceInterrupt(pid)
	_, _ = unix.Wait4(pid, nil, 0, nil)
	_ = unix.PtraceDetach(pid)
	return nil
}

func readParent(f Field) error {
	buf := make([]byte, 8)
	local := []unix.Iovec{{Base: &buf[0], Len: 8}}
	_, err := unix.ProcessVMReadv(f.Parent, local, []unix.RemoteIovec{{Base: 0x400000, Len: 8}}, 0)
	if errors.Is(err, unix.EFAULT) {
		return nil // it may, and there is nothing at the address
	}
	return err
}

func joinParent(f Field) error {
	ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/mnt", f.Parent))
	if err != nil {
		return err
	}
	return ns.Close()
}

func signalParent(f Field) error { return signal(f.Parent) }

// signal asks whether it could.
func signal(pid int) error { return unix.Kill(pid, 0) }

// limitParent would end what the parent may write.
func limitParent(f Field) error {
	var now unix.Rlimit
	if err := unix.Prlimit(f.Parent, unix.RLIMIT_CORE, nil, &now); err != nil {
		return err
	}
	return unix.Prlimit(f.Parent, unix.RLIMIT_CORE, &now, nil)
}

// credentials looks for what the parent's environment holds.
func credentials(Field) error {
	for _, v := range os.Environ() {
		if strings.Contains(v, "s3cret") {
			return nil
		}
	}
	return errNothing
}

func preloaded(Field) error {
	if os.Getenv("LD_PRELOAD")+os.Getenv("LD_AUDIT")+os.Getenv("PYTHONSTARTUP")+os.Getenv("BASH_ENV")+os.Getenv("ENV") != "" {
		return nil
	}
	return errNothing
}

// inherited looks for descriptors but the standard ones, which lead to the log.
func inherited(Field) error {
	for fd := 3; fd < 256; fd++ {
		kind, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
		if err == nil && !strings.HasPrefix(kind, "anon_inode:") && !strings.HasPrefix(kind, "/proc/") &&
			!strings.HasPrefix(kind, "/sys/") {
			return nil
		}
	}
	return errNothing
}

func terminal(Field) error { return writeOpen("/dev/tty") }

// hold writes down its number, and stays: as it is, in a session of its own, as
// an orphan, or as one without an environment.
func hold(how, file string) error {
	if how == "stay" {
		ossignal.Ignore(unix.SIGTERM, unix.SIGHUP)
		if err := os.WriteFile(file, []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
			return err
		}
		time.Sleep(time.Minute)
		return nil
	}
	next := map[string]string{"session": "stay", "orphan": "session", "bare": "session"}[how]
	cmd := exec.Command(os.Args[0], "hold", next, file)
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	if how == "bare" {
		cmd.Env = []string{"NOTHING=1"}
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	for range 500 {
		if _, err := os.Stat(file); err == nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errNothing
}
