package confine

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// markName is the variable that tells of each process whose it is.
const markName = "ASHLAR_CONFINED"

// Box is what one command runs in.
type Box struct {
	// A box is used by one command at a time, in the order New, Within, End, Close.
	limits Limits
	mark   string // the variable with its value
	rules  int    // -1: none
	abi    int
	groups []*group
	// started is held while the command starts: whoever cancels it from then on waits
	// until it is known what there is to signal. It guards root and known.
	started sync.Mutex
	root    int    // the command's first process
	before  uint64 // processes of the system when it was made
	most    uint64 // processes of the user that there may be; 0: a cgroup counts
	known   bool   // the kernel tells which children this process has started

}

// New makes a box. Without a policy, files are as open as to this process.
func New(p *Policy, l Limits) (*Box, error) {
	if l.Tasks <= 0 {
		l.Tasks = DefaultTasks
	}
	// The mark is random, so that a command cannot guess another one's and claim to
	// belong to it.
	id := rand.Text()
	b := &Box{limits: l, mark: markName + "=" + id, rules: -1, before: crowd()}
	if p != nil {
		if b.abi = landlockABI(); b.abi > 0 {
			var err error
			if b.rules, err = p.ruleset(b.abi); err != nil {
				return nil, err
			}
		}
	}
	b.groups = groups(groupPrefix+strconv.Itoa(os.Getpid())+"-"+strings.ToLower(id), l)
	return b, nil
}

// Within runs f on a thread of its own that is bound by the box, with a function
// that starts a command there, and returns after f. The thread ends with f, and
// with it, by the system, the command.
//
// Landlock, capabilities and cgroup v1 bind threads, hence the locked thread. A
// goroutine that ends without unlocking takes its thread along, and Pdeathsig,
// which counts from the thread that forked, then kills the command.
func (b *Box) Within(f func(start func(build func() *exec.Cmd) (*exec.Cmd, error))) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer crash.Guard()
		runtime.LockOSThread() // and never unlocked: nothing else may run on it
		if unix.Gettid() != os.Getpid() {
			f(b.start)
			return
		}
		// The first thread stands for the process: it stays as it is, and is kept
		// from others meanwhile.
		b.Within(f)
		runtime.UnlockOSThread()
	}()
	<-done
}

// start binds the thread and starts the command that build makes, again where it
// could not be started within the cgroup.
//
// The order matters. Cgroups are entered while files can still be written; then
// capabilities go, then Landlock closes the files; the command is forked last and
// inherits all of it. Leaving the groups again works on descriptors that were
// opened before. Where limits cannot be set on the command that runs, the error is
// returned with the command, for the caller to end it.
func (b *Box) start(build func() *exec.Cmd) (*exec.Cmd, error) {
	if err := harden(); err != nil {
		return nil, err
	}
	for _, g := range b.groups {
		if err := g.enter(); err != nil {
			return nil, err
		}
	}
	if err := giveUp(); err != nil {
		return nil, err
	}
	if b.rules >= 0 {
		if err := restrict(b.rules); err != nil {
			return nil, err
		}
	}
	b.started.Lock()
	defer b.started.Unlock()
	c, err := b.begin(build)
	for _, g := range b.groups {
		if left := g.leave(); left != nil && err == nil {
			err = left
		}
	}
	if err != nil {
		return nil, err
	}
	b.root = c.Process.Pid
	bound := b.bound()
	b.known = children()[b.root]
	return c, bound
}

// begin starts the command, with few processes from its first moment where no
// cgroup counts them.
// Where the kernel refuses clone into the cgroup, older than 5.7 or in a container
// that forbids it, the second attempt does without.
func (b *Box) begin(build func() *exec.Cmd) (*exec.Cmd, error) {
	if !b.has("pids") {
		b.most = tasksOf(os.Getuid()) + uint64(b.limits.Tasks)
		defer lowered(b.most)()
	}
	c := b.build(build, true)
	err := c.Start()
	if err != nil && c.SysProcAttr.UseCgroupFD {
		c = b.build(build, false)
		err = c.Start()
	}
	return c, err
}

// bounding is held while this process has a lower limit than its own.
var bounding sync.Mutex

// lowered lowers this process's limit of processes, which what it starts has from
// it, and returns what puts it right. There is no way to give it to a child alone
// before the child runs.
// The limit counts all of the user's processes and threads. This process may not
// be able to start a thread meanwhile, so the lock is held for one fork only.
func lowered(most uint64) func() {
	bounding.Lock()
	var was unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NPROC, &was) != nil || was.Cur <= most ||
		unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: most, Max: was.Max}) != nil {
		return bounding.Unlock // the command's own is set once it runs
	}
	return func() {
		_ = unix.Setrlimit(unix.RLIMIT_NPROC, &was) // it was so before
		bounding.Unlock()
	}
}

// build makes the command ready for the box: its mark, a session, and the signal
// that it gets when the box's thread ends. within asks for the cgroup of version 2.
func (b *Box) build(build func() *exec.Cmd, within bool) *exec.Cmd {
	c := build()
	c.Env = append(slices.Clone(c.Env), b.mark)
	// A session of its own has no terminal to put words into.
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	for _, g := range b.groups {
		if g.unified && within {
			c.SysProcAttr.UseCgroupFD, c.SysProcAttr.CgroupFD = true, g.folder
		}
	}
	return c
}

// bound sets the limits of single processes and users, where no cgroup is there for
// the purpose. They hold a moment after the command has begun.
func (b *Box) bound() error {
	if !b.has("pids") {
		// All processes of the user count. Those of other containers cannot be seen,
		// and take from what is left. Root has no such limit, whatever is set.
		if err := unix.Prlimit(b.root, unix.RLIMIT_NPROC, &unix.Rlimit{Cur: b.most, Max: b.most}, nil); err != nil &&
			err != unix.ESRCH && err != unix.EPERM {
			return fmt.Errorf("limit processes: %w", err)
		}
	}
	if b.limits.Memory > 0 && !b.has("memory") {
		// Of one process, and of what it may write to rather than of what it holds:
		// only a bound for what grows faster than it is looked at.
		// Twice the limit and 1 GiB more: data segments count what is
		// reserved, of which interpreters and thread stacks use little.
		most := uint64(2*b.limits.Memory + 1<<30)
		if err := unix.Prlimit(b.root, unix.RLIMIT_DATA, &unix.Rlimit{Cur: most, Max: most},
			nil); err != nil && err != unix.ESRCH {
			return fmt.Errorf("limit memory: %w", err)
		}
	}
	return nil
}

// has reports whether one of the box's cgroups bounds what the controller counts.
func (b *Box) has(controller string) bool {
	return slices.ContainsFunc(b.groups, func(g *group) bool { return slices.Contains(g.controllers, controller) })
}

// OverMemory reports whether the kernel has ended one of the command's processes
// because together they held too much.
func (b *Box) OverMemory() bool { return slices.ContainsFunc(b.groups, (*group).overMemory) }

// killGroup ends everything in the box's cgroups, or at least stops it forking.
func (b *Box) killGroup() {
	for _, g := range b.groups {
		g.kill()
	}
}

// grouped are the processes of the cgroups.
func (b *Box) grouped(all []process) []process {
	pids := map[int]bool{}
	for _, g := range b.groups {
		for _, pid := range g.pids() {
			pids[pid] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p process) bool { return !pids[p.pid] })
}

// Close takes the box away. Call it after Within and End.
func (b *Box) Close() {
	for _, g := range b.groups {
		g.close()
	}
	if b.rules >= 0 {
		_ = unix.Close(b.rules)
	}
}
