// Package releases lists what was released, and keeps what each release wrote, for
// tests that newer programs work with it. README.md says how a release is added.
package releases

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed list
var list string

// Release is one release.
type Release struct {
	Name   string
	Schema int // the newest migration of the registry; those up to it are frozen
	Format int // the newest format of the plan, frozen with those before; 0: none
}

// All returns the releases in order, or an error that names the line which is wrong.
func All() ([]Release, error) { return parse(list) }

func parse(text string) ([]Release, error) {
	var out []Release
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		var r Release
		if n, err := fmt.Sscanf(line, "%s %d %d", &r.Name, &r.Schema, &r.Format); err != nil || n != 3 {
			return nil, fmt.Errorf("tests/releases/list: %q: want a name, a schema and a format", line)
		}
		if n := len(out); n > 0 && (out[n-1].Schema > r.Schema || out[n-1].Format > r.Format) {
			return nil, fmt.Errorf("tests/releases/list: %s has less than %s before it", r.Name, out[n-1].Name)
		}
		out = append(out, r)
	}
	return out, nil
}

// Newest returns the newest release; the zero value where there is none.
func Newest(all []Release) Release {
	if len(all) == 0 {
		return Release{}
	}
	return all[len(all)-1]
}
