package confine

import (
	"path/filepath"
	"slices"
	"strings"
)

// mount is where a hierarchy of cgroups is to be seen.
type mount struct {
	root, at string
	unified  bool
	options  []string // controllers among them, of version 1
}

type mounts []mount

// mountsOf reads the cgroups among the lines of /proc/self/mountinfo, of proc(5).
func mountsOf(text string) mounts {
	var out mounts
	for line := range strings.Lines(text) {
		// Optional fields of varying number come before the " - "; counting from
		// both ends avoids them.
		before, after, ok := strings.Cut(strings.TrimSpace(line), " - ")
		place, kind := strings.Fields(before), strings.Fields(after)
		if !ok || len(place) < 5 || len(kind) < 3 || kind[0] != "cgroup" && kind[0] != "cgroup2" {
			continue
		}
		out = append(out, mount{root: place[3], at: place[4], unified: kind[0] == "cgroup2",
			options: strings.Split(kind[2], ",")})
	}
	return out
}

// dirOf is the folder of a group, by its path in the hierarchy; "" where it is
// not to be seen.
// In a container, a mount may show a part of the hierarchy alone; root is where
// that part begins. A path outside of it cannot be reached.
func (m mounts) dirOf(unified bool, controllers []string, path string) string {
	for _, one := range m {
		if one.unified != unified || !unified && !slices.Contains(one.options, controllers[0]) {
			continue
		}
		rel, err := filepath.Rel(one.root, path)
		if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
			continue
		}
		return filepath.Join(one.at, rel)
	}
	return ""
}
