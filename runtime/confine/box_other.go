//go:build !linux

package confine

import (
	"os/exec"
	"syscall"
)

// Box is what one command runs in: here, nothing.
type Box struct{}

// New makes a box that holds nothing.
func New(*Policy, Limits) (*Box, error) { return &Box{}, nil }

// Within runs f with a function that starts a command.
func (b *Box) Within(f func(start func(build func() *exec.Cmd) (*exec.Cmd, error))) {
	f(func(build func() *exec.Cmd) (*exec.Cmd, error) {
		c := build()
		return c, c.Start()
	})
}

// Signal reports that it did nothing: the command's group is all that is known.
func (b *Box) Signal(syscall.Signal) bool { return false }

// Resident is not known here, so that a limit of memory holds on a cluster and
// on Linux only.
func (b *Box) Resident() int64 { return 0 }

// Crowded is not known here.
func (b *Box) Crowded() bool { return false }

// End finds nothing to end beyond the command's group.
func (b *Box) End() int { return 0 }

// OverMemory is not known here.
func (b *Box) OverMemory() bool { return false }

// Close does nothing.
func (b *Box) Close() {}

// Report says that nothing holds.
func (b *Box) Report() Report { return Report{Open: []string{OpenEverything}} }
