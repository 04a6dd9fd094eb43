// Package confine holds what a user's own code may do: the commands of stages,
// the servers of models, and the installers of their environments.
//
// Code that the user has written, or that a package of theirs brings along, runs
// with a policy: which folders it may change, which places it may read, how much
// memory it may hold. What it starts is ended with it, also what has left its
// session, its parent and its environment.
//
// # How
//
// On Linux, what restricts a process is mostly the property of a thread, and a
// child gets it from the thread that forks it. So nothing of ours runs between
// fork and exec and no program is executed in between: a thread is made that
// forks one child and ends after it. That thread gives up new privileges,
// capabilities and, by Landlock, everything but the policy's places; the rest of
// the process is as free as before. (go-landlock restricts all threads of a
// process, which is why its calls are made here directly.) The process itself is
// made undumpable, so that its memory, environment and descriptors in /proc are
// closed, and the one that orphans come to.
//
// # What is not done
//
// User namespaces are not used: distributions forbid them, files would belong to
// users that do not exist outside, and programs that look at their own user id
// go wrong. No user id of its own is taken from root: interpreters below /root and
// files that deps bring along would be closed to it. Root's code keeps user 0
// without a capability instead, which with Landlock is less than what a user may
// do. The network stays open, for stages fetch data. Each is named in the report.
//
// On other systems, a command gets a clean environment and a group of its own,
// and the report says that nothing else holds.
package confine

import (
	"strings"
	"time"
)

// Policy is what a command may do. Folders and files are absolute; one that is
// not there is left out.
type Policy struct {
	Write []string // folders that it may change
	Read  []string // further places that it may read, and run programs of
	// Deny are folders that it may not read although they lie within readable ones.
	// Write, and Read where it is below one of them, take precedence.
	Deny []string
	// Path is a list as PATH has it: the programs there, and what they are installed
	// with, may be read.
	Path string
	// Machine lets it read everything of the machine but Deny and what is mounted
	// for others: the machine is an image that was made for it.
	Machine bool
}

// Limits are what a command and everything that it starts may use.
type Limits struct {
	Memory int64 // bytes together; 0: no limit
	Tasks  int   // processes and threads together; 0: DefaultTasks
}

// DefaultTasks is far above what programs use, and below what stops a machine.
const DefaultTasks = 16384

// Report says what holds a command, and what this system could not prevent.
type Report struct {
	Held []string `json:"held,omitempty"`
	Open []string `json:"open,omitempty"`
}

// String is the report on one line, what is open by its names.
func (r Report) String() string {
	text := strings.Join(r.Held, ", ")
	var names []string
	for _, o := range r.Open {
		name, _, _ := strings.Cut(o, ":")
		names = append(names, name)
	}
	if len(names) == 0 {
		return text
	}
	if text == "" {
		text = "nothing"
	}
	return text + "; not prevented: " + strings.Join(names, ", ")
}

// endWithin bounds how long the processes of a command take to end once they are
// killed.
const endWithin = 5 * time.Second
