package confine

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
)

// process is a line of the system's list.
type process struct {
	pid, parent, session int
	pages                int64 // resident
	dead                 bool  // it has ended and nobody has asked for it
}

// processes is the system's list, empty where /proc is not there.
// Processes that end while it reads are left out.
func processes() []process {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	names, _ := dir.Readdirnames(-1)
	_ = dir.Close()
	var out []process
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if b, err := os.ReadFile("/proc/" + name + "/stat"); err == nil {
				if p, ok := parseStat(b); ok {
					p.pid = pid
					out = append(out, p)
				}
			}
		}
	}
	return out
}

// tasksOf is how many processes and threads of the user can be seen.
// RLIMIT_NPROC counts by the real user id and counts threads, so both do here.
func tasksOf(uid int) uint64 {
	var total uint64
	for _, p := range processes() {
		user, threads := parseStatus(readFile("/proc/" + strconv.Itoa(p.pid) + "/status"))
		if user == strconv.Itoa(uid) {
			total += threads
		}
	}
	return total
}

// parseStatus reads the real user and the number of threads in /proc/N/status.
func parseStatus(text string) (user string, threads uint64) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		switch {
		case len(fields) == 0:
		case key == "Uid":
			user = fields[0]
		case key == "Threads":
			threads, _ = strconv.ParseUint(fields[0], 10, 64)
		}
	}
	return user, threads
}

// parseStat reads /proc/N/stat, fields 3, 4, 6 and 24 of proc(5). The name before
// them is in brackets and may hold anything.
func parseStat(b []byte) (p process, ok bool) {
	at := bytes.LastIndexByte(b, ')')
	if at < 0 {
		return p, false
	}
	fields := bytes.Fields(b[at+1:])
	if len(fields) < 22 {
		return p, false
	}
	p.dead = fields[0][0] == 'Z' || fields[0][0] == 'X'
	p.parent, _ = strconv.Atoi(string(fields[1]))
	p.session, _ = strconv.Atoi(string(fields[3]))
	p.pages, _ = strconv.ParseInt(string(fields[21]), 10, 64)
	return p, true
}

// marked reports whether the process was given a variable that begins so when its
// program began.
// The kernel shows the environment of the last exec. A process may overwrite it in
// its memory, which is why orphans without a mark are suspect.
func marked(pid int, variable string) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return err == nil && slices.ContainsFunc(bytes.Split(b, []byte{0}),
		func(v []byte) bool { return bytes.HasPrefix(v, []byte(variable)) })
}

// privilegeless reports whether the process can win no privileges.
func privilegeless(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	return err == nil && bytes.Contains(b, []byte("\nNoNewPrivs:\t1"))
}
