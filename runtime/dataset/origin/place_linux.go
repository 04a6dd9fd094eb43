package origin

import (
	"os"

	"golang.org/x/sys/unix"
)

// pseudo names the file system of the kernel's that the file is in, or is "".
func pseudo(f *os.File) string {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
		return ""
	}
	switch int64(s.Type) { //nolint:unconvert // its type differs between architectures
	case unix.PROC_SUPER_MAGIC:
		return "proc"
	case unix.SYSFS_MAGIC:
		return "sysfs"
	case unix.DEBUGFS_MAGIC, unix.TRACEFS_MAGIC, unix.SECURITYFS_MAGIC,
		unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC:
		return "a file system of the kernel's"
	}
	return ""
}
