package plan

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // an image without a system has no zones of its own
)

// DefaultTimezone is that of a pipeline that names none.
const DefaultTimezone = "UTC"

//go:embed zones.txt
var zoneNames string

// Zones are the names of time zones in the IANA database, sorted.
func Zones() []string {
	var out []string
	for line := range strings.Lines(zoneNames) {
		if name := strings.TrimSpace(line); name != "" && name[0] != '#' {
			out = append(out, name)
		}
	}
	return out
}

// Zone returns the time zone of the name; an empty one is DefaultTimezone. Only
// names of the IANA database are known: "Local" and whatever else this machine
// has would mean something else on another.
func Zone(name string) (*time.Location, error) {
	if name == "" || name == DefaultTimezone {
		return time.UTC, nil
	}
	if _, known := slices.BinarySearch(Zones(), name); !known {
		return nil, fmt.Errorf("unknown time zone %q", name)
	}
	return time.LoadLocation(name)
}

// Zone is the time zone in which the pipeline's schedule is read and its dates
// are counted.
func (p Pipeline) Zone() (*time.Location, error) { return Zone(p.Timezone) }
