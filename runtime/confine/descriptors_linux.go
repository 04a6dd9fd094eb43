package confine

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// closeEach has every descriptor but the standard ones closed by exec.
// Another thread may open one meanwhile; Go opens its own with O_CLOEXEC.
func closeEach() error {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return fmt.Errorf("descriptors: %w", err)
	}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}

// children are the processes that this one has started and holds a descriptor
// of, as os/exec does; nil where the kernel has none such.
// A pidfd shows as anon_inode:[pidfd] and names its process in fdinfo. One whose
// process was waited for shows -1, which is nobody's pid.
func children() map[int]bool {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	out := map[int]bool{}
	for _, e := range entries {
		if kind, err := os.Readlink("/proc/self/fd/" + e.Name()); err != nil || !strings.HasSuffix(kind, "[pidfd]") {
			continue
		}
		b, err := os.ReadFile("/proc/self/fdinfo/" + e.Name())
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			if value, ok := strings.CutPrefix(line, "Pid:"); ok {
				if pid, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
					out[pid] = true
				}
			}
		}
	}
	return out
}
