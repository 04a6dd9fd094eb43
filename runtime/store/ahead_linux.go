package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriting asks the system to begin to write the stretch to the disk. That
// is a hint: where it is not taken, the sync at the end waits longer.
// n bytes from the offset on are meant. It returns before they are written.
func startWriting(f *os.File, from, n int64) {
	_ = unix.SyncFileRange(int(f.Fd()), from, n, unix.SYNC_FILE_RANGE_WRITE)
}
