package confine

import (
	"fmt"
	"slices"
	"strings"
)

// Report says what holds the box's command and what does not.
// Both lists are fixed texts, so that records of runs can be compared. What is
// open on every system is listed as well: nobody should have to know.
func (b *Box) Report() Report {
	r := Report{Held: []string{"no new privileges", "no capabilities", "own session", "orphans are found"}}
	if b.rules >= 0 {
		r.Held = append(r.Held, fmt.Sprintf("landlock abi %d", b.abi))
	} else {
		r.Open = append(r.Open, OpenFiles)
	}
	if !scopesSignals(b.abi) {
		r.Open = append(r.Open, OpenSignals)
	}
	for _, g := range b.groups {
		version := "cgroup v1"
		if g.unified {
			version = "cgroup v2"
		}
		r.Held = append(r.Held, strings.TrimSuffix(version+": "+strings.Join(g.controllers, ", "), ": "))
	}
	if b.limits.Memory > 0 && !b.has("memory") {
		r.Open = append(r.Open, OpenMemory)
	}
	if !b.has("pids") {
		r.Open = append(r.Open, OpenTasks)
	}
	r.Open = append(r.Open, OpenAttributes, OpenSockets, OpenNetwork, OpenShared, OpenList)
	slices.Sort(r.Open)
	return r
}
