package confine

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// group is a cgroup that was made for a command, below this process's own. Of
// version 2 there is one for everything, of version 1 one for each controller.
type group struct {
	dir         string
	controllers []string // that bound it
	unified     bool     // version 2
	folder      int      // descriptor of the folder, for a child to be born in; version 2
	mine, its   *os.File // "tasks" of this process's group and of the command's; version 1
	// pids.max and cgroup.kill. They are opened before the box's thread gives up its
	// access to files, because that thread ends what is left.
	most, killer *os.File
}

// groupPrefix begins the names of groups, before the number of the process that
// made them.
const groupPrefix = "ashlar-"

// groups makes what can be made: none where the user may not, which is so for
// most but root.
// It reads where this process is in each hierarchy and makes a child there, for
// the controllers that are needed alone. Failures are silent: the report lists
// what is not held, and limits of processes are used in their place.
func groups(name string, l Limits) []*group {
	mounts := mountsOf(readFile("/proc/self/mountinfo"))
	var out []*group
	for line := range strings.Lines(readFile("/proc/self/cgroup")) {
		// hierarchy:controllers:path, of cgroups(7)
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		wanted := slices.DeleteFunc(strings.Split(fields[1], ","),
			func(c string) bool { return c != "pids" && (c != "memory" || l.Memory <= 0) })
		unified := fields[0] == "0"
		if !unified && len(wanted) == 0 {
			continue
		}
		own := mounts.dirOf(unified, wanted, fields[2])
		if own == "" {
			continue
		}
		g, err := newGroup(own, name, unified)
		if err != nil {
			continue
		}
		g.limit(l)
		out = append(out, g)
	}
	return out
}

// newGroup makes the group, and checks that a process may move into it.
func newGroup(own, name string, unified bool) (g *group, err error) {
	sweep(own)
	g = &group{dir: filepath.Join(own, name), unified: unified, folder: -1}
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			g.close()
		}
	}()
	if unified {
		// Cloning into a child group takes the right to write here, in the
		// common ancestor; better to learn of it before a command is built.
		if err := unix.Access(filepath.Join(own, "cgroup.procs"), unix.W_OK); err != nil {
			return nil, err
		}
		g.folder, err = unix.Open(g.dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		return g, err
	}
	if g.mine, err = os.OpenFile(filepath.Join(own, "tasks"), os.O_WRONLY, 0); err != nil {
		return nil, err
	}
	g.its, err = os.OpenFile(filepath.Join(g.dir, "tasks"), os.O_WRONLY, 0)
	return g, err
}

// sweep takes away the groups of processes that were killed. One that still has
// processes stays.
// A pid that was given to another process since keeps its group a while longer,
// which does no harm. Removing a group that has processes fails.
func sweep(own string) {
	old, _ := filepath.Glob(filepath.Join(own, groupPrefix+"*")) // the pattern is well formed
	for _, dir := range old {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), groupPrefix), "-")
		if n, err := strconv.Atoi(pid); err == nil && errors.Is(unix.Kill(n, 0), unix.ESRCH) {
			_ = os.Remove(dir)
		}
	}
}

// limit bounds what the group's controllers are there for.
// A controller counts as set when the kernel has taken the value: of version 2,
// a parent that does not delegate it has no such file in its children.
func (g *group) limit(l Limits) {
	set := func(controller, file, value string) {
		if os.WriteFile(filepath.Join(g.dir, file), []byte(value), 0) == nil &&
			!slices.Contains(g.controllers, controller) {
			g.controllers = append(g.controllers, controller)
		}
	}
	set("pids", "pids.max", strconv.Itoa(l.Tasks))
	g.most = writable(filepath.Join(g.dir, "pids.max"))
	if g.unified {
		g.killer = writable(filepath.Join(g.dir, "cgroup.kill"))
	}
	if l.Memory <= 0 {
		return
	}
	bytes := strconv.FormatInt(l.Memory, 10)
	if g.unified {
		set("memory", "memory.max", bytes)
		// Without it a command at its limit would swap, and take the machine's disk
		// instead of ending.
		set("memory", "memory.swap.max", "0")
		return
	}
	set("memory", "memory.limit_in_bytes", bytes)
	set("memory", "memory.memsw.limit_in_bytes", bytes)
}

// enter moves the calling thread, and so what it forks, into a group of version
// 1; leave takes it back.
func (g *group) enter() error { return move(g.its) }
func (g *group) leave() error { return move(g.mine) }

// move writes the calling thread's id, not the process's, to a tasks file of
// version 1: the other threads stay where they are. nil is version 2.
func move(tasks *os.File) error {
	if tasks == nil {
		return nil
	}
	if _, err := tasks.WriteString(strconv.Itoa(unix.Gettid())); err != nil {
		return fmt.Errorf("cgroup: %w", err)
	}
	return nil
}

// pids are the processes of the group.
func (g *group) pids() []int {
	var out []int
	for line := range strings.Lines(readFile(filepath.Join(g.dir, "cgroup.procs"))) {
		if pid, err := strconv.Atoi(strings.TrimSpace(line)); err == nil {
			out = append(out, pid)
		}
	}
	return out
}

// kill ends them at once, where the kernel can (version 2, Linux 5.14). Elsewhere
// none forks any more, so that there is an end to those that are ended one by one.
func (g *group) kill() {
	if g.most != nil {
		_, _ = g.most.WriteString("0") // they are ended all the same
	}
	if g.killer != nil {
		_, _ = g.killer.WriteString("1") // else they are ended one by one
	}
}

// writable is a file of the kernel's opened for writing, nil where it is not there.
func writable(path string) *os.File {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil
	}
	return f
}

// overMemory reports whether the kernel has ended one for its memory.
// Version 2 counts in memory.events, version 1 in memory.oom_control.
func (g *group) overMemory() bool {
	for _, file := range []string{"memory.events", "memory.oom_control"} {
		for line := range strings.Lines(readFile(filepath.Join(g.dir, file))) {
			if n, ok := strings.CutPrefix(line, "oom_kill "); ok && strings.TrimSpace(n) != "0" {
				return true
			}
		}
	}
	return false
}

// close gives back the descriptors and removes the group, which works once its
// last process has been waited for.
func (g *group) close() {
	for _, f := range []*os.File{g.mine, g.its, g.most, g.killer} {
		if f != nil {
			_ = f.Close() // each write was whole
		}
	}
	if g.folder >= 0 {
		_ = unix.Close(g.folder)
	}
	_ = os.Remove(g.dir) // sweep takes away what is left
}

// readFile is a file of the kernel's, "" where it is not there.
func readFile(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(b))
}
