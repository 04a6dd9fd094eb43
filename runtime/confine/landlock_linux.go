package confine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Rights of landlock(7).
const (
	readRights = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	// deviceRights are those of what exists; no rights to make or take away.
	deviceRights = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR |
		unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	writeRights = readRights | unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM | unix.LANDLOCK_ACCESS_FS_REFER | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	// fileRights are the rights that a file can have; the others are of folders.
	fileRights = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE |
		unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
)

// landlockABI is the version that the kernel speaks; 0 where it has none, or has
// it switched off.
func landlockABI() int {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(abi)
}

// signalErratum is the mend of kernels whose scope of signals also kept a bound
// thread from the other threads of its process, which the runtime of Go signals.
const signalErratum = 1 << 1

// scopesSignals reports whether signals can be kept in the box.
func scopesSignals(abi int) bool {
	if abi < 6 {
		return false
	}
	errata, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_ERRATA)
	return errno == 0 && errata&signalErratum != 0
}

// handled are the rights that an ABI knows: what is not handled is not
// restricted.
// A kernel refuses a ruleset with rights that it does not know, so the set grows
// with the ABI. Bits up to MAKE_SYM are those of ABI 1.
func handled(abi int) uint64 {
	rights := uint64(unix.LANDLOCK_ACCESS_FS_MAKE_SYM)<<1 - 1
	for since, right := range map[int]uint64{2: unix.LANDLOCK_ACCESS_FS_REFER, 3: unix.LANDLOCK_ACCESS_FS_TRUNCATE,
		5: unix.LANDLOCK_ACCESS_FS_IOCTL_DEV} {
		if abi >= since {
			rights |= right
		}
	}
	return rights
}

// ruleset makes the kernel's form of the policy: a descriptor that a thread
// restricts itself by.
// The order of the rules does not matter: rights of several that cover a path add
// up. The descriptor belongs to the box, whose Close closes it.
func (p *Policy) ruleset(abi int) (_ int, err error) {
	attr := unix.LandlockRulesetAttr{Handled_access_fs: handled(abi)}
	// The kernel takes the size of the struct that its ABI knows; a longer one with
	// anything in the rest is an error.
	size := unsafe.Sizeof(attr.Handled_access_fs)
	if abi >= 6 {
		attr.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
		if scopesSignals(abi) {
			attr.Scoped |= unix.LANDLOCK_SCOPE_SIGNAL
		}
		size = unsafe.Offsetof(attr.Scoped) + unsafe.Sizeof(attr.Scoped)
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0)
	if errno != 0 {
		return -1, fmt.Errorf("landlock: %w", errno)
	}
	rules := int(fd)
	defer func() {
		if err != nil {
			err = errors.Join(err, unix.Close(rules))
		}
	}()
	for _, place := range p.readable() {
		if err := allow(rules, place, readRights&attr.Handled_access_fs); err != nil {
			return -1, err
		}
	}
	for _, pattern := range devices {
		found, _ := filepath.Glob(pattern) // the patterns are well formed
		for _, device := range found {
			if err := allow(rules, device, deviceRights&attr.Handled_access_fs); err != nil {
				return -1, err
			}
		}
	}
	for _, place := range append(real(p.Write), sharedPlace) {
		if err := allow(rules, place, writeRights&attr.Handled_access_fs); err != nil {
			return -1, err
		}
	}
	return rules, nil
}

// allow adds a place, with the rights that its kind can have. One that is not
// there, or that the user may not look at, is left out.
// A rule for a file with rights of folders is refused by the kernel, hence the
// mask. O_PATH needs no right to read the place.
func allow(rules int, place string, rights uint64) error {
	fd, err := unix.Open(place, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil //nolint:nilerr // what cannot be opened now cannot be read later
	}
	defer func() { _ = unix.Close(fd) }() // it only names the place
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return &os.PathError{Op: "stat", Path: place, Err: err}
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= fileRights
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH,
		uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 {
		return fmt.Errorf("landlock: %s: %w", place, errno)
	}
	return nil
}

// restrict binds the calling thread, and what it forks, by the rules.
func restrict(rules int) error {
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(rules), 0, 0); errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	return nil
}
