package confine

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// harden closes this process to what it starts: its memory, environment and
// descriptors in /proc, and every descriptor that it was itself given. Orphans
// of what it starts become its own children, so that they can be found. It is
// cheap, and done before each command: nothing may be forgotten by a program
// that uses this package.
// It changes this process for good: it can no longer be debugged by its user, and
// must wait for orphans, which End does.
func harden() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("close the process to others: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("take over orphans: %w", err)
	}
	// An undumpable process dumps no core, so that the limit costs it nothing, and
	// what it starts has it from the first moment.
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("limit core dumps: %w", err)
	}
	// Closing on exec rather than at once: this process goes on using them.
	if unix.CloseRange(3, ^uint(0)>>1, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return nil
	}
	return closeEach() // before Linux 5.11
}

// giveUp takes new privileges and all capabilities from the calling thread, and
// from what it forks.
// Without no_new_privs a setuid program would get them back, and an ordinary user
// could not apply Landlock. The bounding set is dropped first, since that needs
// CAP_SETPCAP, one of those that Capset then takes.
func giveUp() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	for capability := uintptr(0); capability < 64; capability++ {
		if unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0) == unix.EINVAL {
			break // the kernel knows no more of them
		}
		// Without the right to drop them there are none to win either, by
		// the line above.
	}
	_ = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) // before Linux 4.3 there is no such set
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&head, &none[0]); err != nil {
		return fmt.Errorf("give up capabilities: %w", err)
	}
	return nil
}
