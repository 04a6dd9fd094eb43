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

// Moved reports whether the zone's clocks, when they are changed, jump over a
// time of the schedule or show one twice, as far as the rules of these years say.
// Schedules that mean intervals are not concerned.
func (s Schedule) Moved(zone *time.Location) bool {
	if s.Every > 0 || s.Hourly() {
		return false
	}
	for at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).In(zone); at.Year() < 2032; {
		_, end := at.ZoneBounds()
		if end.IsZero() {
			return false
		}
		_, before := end.Add(-time.Nanosecond).Zone()
		_, after := end.Zone()
		// What the clock shows at the change, by the rule before it and after it.
		from, to := end.UTC().Add(time.Duration(min(before, after))*time.Second),
			end.UTC().Add(time.Duration(max(before, after))*time.Second)
		for wall := from; wall.Before(to); wall = wall.Add(time.Minute) {
			if s.On(wall) && s.Hour>>wall.Hour()&1 == 1 && s.Minute>>wall.Minute()&1 == 1 {
				return true
			}
		}
		at = end
	}
	return false
}
