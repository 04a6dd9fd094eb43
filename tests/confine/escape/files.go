//go:build linux

package main

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

func read(path string) error {
	_, err := os.ReadFile(path)
	return err
}

func appendTo(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("harm")
	_ = f.Close()
	return err
}

func writeOpen(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

func create(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	return f.Close()
}

func removeOutside(f Field) error { return os.Remove(f.Outside + "/old") }

func listOutside(f Field) error {
	_, err := os.ReadDir(f.Outside)
	return err
}

func bySymlink(f Field) error {
	if err := os.Symlink(f.Secret, "link"); err != nil {
		return err
	}
	return read("link")
}

func moveIn(f Field) error {
	if err := create("moved"); err != nil {
		return err
	}
	return os.Rename("moved", f.Store+"/moved")
}

func byHandle(f Field) error {
	handle, _, err := unix.NameToHandleAt(unix.AT_FDCWD, f.Secret, 0)
	if err != nil {
		return err
	}
	at, err := unix.Open(".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	fd, err := unix.OpenByHandleAt(at, handle, unix.O_RDONLY)
	return errors.Join(err, unix.Close(at), closed(fd, err))
}

// closed closes what was opened.
func closed(fd int, err error) error {
	if err != nil {
		return nil //nolint:nilerr // there is nothing to close
	}
	return unix.Close(fd)
}

func device(Field) error { return unix.Mknod("device", unix.S_IFBLK|0o600, int(unix.Mkdev(7, 0))) }

func mount(Field) error { return unix.Mount("none", ".", "tmpfs", 0, "") }

func mountInNamespace(Field) error {
	cmd := exec.Command("unshare", "-Urm", "sh", "-c", "mount -t tmpfs none .")
	return cmd.Run()
}

func chroot(Field) error { return unix.Chroot(".") }

func otherUser(Field) error {
	return unix.Setresuid(12345, 12345, 12345)
}

func otherGroup(Field) error {
	if os.Getgid() == 0 {
		return unix.Setgroups([]int{12345})
	}
	return unix.Setresgid(0, 0, 0)
}

func newPrivileges(Field) error {
	kept, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	if err != nil || kept == 1 {
		return errNothing
	}
	return nil
}

func capabilities(Field) error {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&head, &data[0]); err != nil {
		return err
	}
	for _, d := range data {
		if d.Effective|d.Permitted|d.Inheritable != 0 {
			return nil
		}
	}
	bound, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, unix.CAP_SYS_ADMIN, 0, 0, 0)
	if err == nil && bound == 1 && os.Getuid() == 0 {
		return nil
	}
	return errNothing
}

func rawSocket(Field) error    { return socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP) }
func packetSocket(Field) error { return socket(unix.AF_PACKET, unix.SOCK_RAW, 0) }

func socket(family, kind, protocol int) error {
	fd, err := unix.Socket(family, kind, protocol)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func coreDumps(Field) error {
	most := unix.Rlimit{Cur: 1 << 20, Max: 1 << 20}
	return unix.Setrlimit(unix.RLIMIT_CORE, &most)
}

func hostname(Field) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	return unix.Sethostname([]byte(name))
}

// leaveGroup moves this process to where its limits do not hold.
func leaveGroup(Field) error {
	for _, file := range []string{"/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs",
		"/sys/fs/cgroup/memory/cgroup.procs", "/sys/fs/cgroup/pids/cgroup.procs"} {
		if writeOpen(file) == nil {
			return nil
		}
	}
	return errNothing
}

func dial(network, address string) error {
	c, err := net.DialTimeout(network, address, 2*time.Second)
	if err != nil {
		return err
	}
	return c.Close()
}
