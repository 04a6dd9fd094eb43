package peak

import (
	"bytes"
	"os"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// maxStatus is far more than the kernel writes, in bytes.
const maxStatus = 64 << 10

// highWater is VmHWM of proc_pid_status(5), in bytes.
func highWater() int64 {
	status, err := plan.ReadFile("/proc/self/status", maxStatus)
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(status) {
		// VmHWM:	   12345 kB
		fields := bytes.Fields(line)
		if len(fields) != 3 || string(fields[0]) != "VmHWM:" {
			continue
		}
		kib, err := strconv.ParseInt(string(fields[1]), 10, 64)
		if err != nil {
			return 0
		}
		return kib << 10
	}
	return 0
}

// reset sets the mark back: "5" in clear_refs of proc_pid_clear_refs(5). It fails in a
// process that gave up being dumpable and is not root's.
func reset() bool {
	f, err := os.OpenFile("/proc/self/clear_refs", os.O_WRONLY, 0)
	if err != nil {
		return false
	}
	_, err = f.WriteString("5")
	return f.Close() == nil && err == nil
}
