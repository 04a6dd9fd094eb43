package confine

import (
	"bytes"
	"os"
	"slices"
	"strconv"
)

// process is a line of the system's list.
type process struct {
	pid, parent, session int
	pages                int64 // resident
	dead                 bool  // it has ended and nobody has asked for it
}

// processes is the system's list, empty where /proc is not there.
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
func marked(pid int, variable string) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return err == nil && slices.ContainsFunc(bytes.Split(b, []byte{0}), func(v []byte) bool { return bytes.HasPrefix(v, []byte(variable)) })
}

// privilegeless reports whether the process can win no privileges.
func privilegeless(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	return err == nil && bytes.Contains(b, []byte("\nNoNewPrivs:\t1"))
}
