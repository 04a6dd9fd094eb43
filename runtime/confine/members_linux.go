package confine

import (
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// members are the processes of the command: the first one and all below it, its
// session, and orphans. An orphan has come to this process, without having been
// started by it and from another session. It is the command's where it bears
// its mark. One without any mark has taken pains to belong to nobody, and is
// everybody's.
func (b *Box) members() []process {
	b.started.Lock()
	root, known := b.root, b.known
	b.started.Unlock()
	if root == 0 {
		return nil // nothing has started
	}
	all, self := processes(), os.Getpid()
	// What shares this process's session was started by the program in another way,
	// such as by a terminal.
	session, _ := unix.Getsid(0)
	below := map[int][]process{}
	for _, p := range all {
		below[p.parent] = append(below[p.parent], p)
	}
	var ours map[int]bool // started by this process; asked for when needed
	var roots []process
	for _, p := range all {
		switch {
		case p.pid == root || p.session == root:
			roots = append(roots, p)
		case p.parent == self && p.session != session && p.pid != self:
			if ours == nil {
				ours = children()
			}
			if b.orphan(p, ours, known) {
				roots = append(roots, p)
			}
		}
	}
	// The groups know their processes whatever those did to hide; without groups,
	// descent, session and mark are all there is.
	roots = append(roots, b.grouped(all)...)
	seen := map[int]bool{}
	var out []process
	for len(roots) > 0 {
		p := roots[0]
		roots = roots[1:]
		if !seen[p.pid] && p.pid != self {
			seen[p.pid] = true
			out = append(out, p)
			roots = append(roots, below[p.pid]...)
		}
	}
	return out
}

// orphan reports whether a child that is not known to have been started by this
// process is to be ended with the command.
func (b *Box) orphan(p process, started map[int]bool, known bool) bool {
	if started[p.pid] {
		return false
	}
	if p.dead || marked(p.pid, b.mark) {
		return true // a dead one only waits to be asked for
	}
	// Where the kernel does not tell which children were started here, an unmarked
	// one may be anybody's. So may one that could win privileges: nothing that comes
	// of a box can.
	return known && !marked(p.pid, markName+"=") && privilegeless(p.pid)
}

// Signal sends the signal to every process of the command, and reports whether
// there was one.
// There is a moment between listing and signalling in which a pid could be given
// to another process; pids are given out in turn, so that is far apart.
func (b *Box) Signal(sig syscall.Signal) bool {
	found := false
	for _, p := range b.members() {
		if !p.dead {
			found = unix.Kill(p.pid, sig) == nil || found // it may have ended meanwhile
		}
	}
	return found
}

// Resident is what they hold together, in bytes.
// Shared pages count once for each process, so the sum is more than what the
// machine holds: a limit is met too early rather than too late.
func (b *Box) Resident() int64 {
	var total int64
	for _, p := range b.members() {
		total += p.pages * int64(os.Getpagesize())
	}
	return total
}

// Crowded reports whether the command has more processes than it may.
// The system's count is one cheap call; the list of members is made only when that
// has grown by more than the limit.
func (b *Box) Crowded() bool {
	return !b.has("pids") && crowd() > b.before+uint64(b.limits.Tasks) && len(b.members()) > b.limits.Tasks
}

// crowd is how many processes and threads the system has.
func crowd() uint64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return uint64(info.Procs)
}

// ended is the niceness of what is being ended: a 28th of the share that this process
// has. Idle scheduling would let it fork even less, but it could hardly exit where other
// programs want the processor.
const ended = 15

// End ends every process of the command but the first, which its caller waits
// for, and asks for those that have ended. It returns how many would not end.
//
// It looks again until none is left, as a process may fork between being listed
// and being stopped, and gives up after endWithin: a process in an uninterruptible
// wait cannot be killed.
func (b *Box) End() int {
	b.killGroup()
	for began, wait := time.Now(), 200*time.Microsecond; ; wait = min(2*wait, 20*time.Millisecond) {
		left := b.members()
		left = slices.DeleteFunc(left, func(p process) bool {
			if p.dead && p.pid != b.root {
				_, _ = unix.Wait4(p.pid, nil, unix.WNOHANG, nil) // its parent does, where that is another
			}
			return p.dead
		})
		if len(left) == 0 || time.Since(began) > endWithin {
			return len(left)
		}
		// Stopped first, so that none forks while its kin are ended; and made to wait for
		// this process, which would otherwise have one share of the processor beside a
		// hundred of theirs. What they fork inherits it.
		for _, p := range left {
			_ = unix.Setpriority(unix.PRIO_PROCESS, p.pid, ended)
		}
		for _, sig := range []unix.Signal{unix.SIGSTOP, unix.SIGKILL} {
			for _, p := range left {
				_ = unix.Kill(p.pid, sig)
			}
		}
		time.Sleep(wait)
	}
}
