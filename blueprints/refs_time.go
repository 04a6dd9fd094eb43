package blueprints

import (
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// schedule checks that the text says when runs fall due, and that they ever do.
func (r *refs) schedule(text string, path ...string) {
	if text == "" {
		return
	}
	_, err := plan.ParseSchedule(text)
	var zone *plan.ZoneInScheduleError
	switch {
	case err == nil:
	case errors.As(err, &zone):
		r.say(fmt.Sprintf("%q: %v", text, err), fmt.Sprintf("write timezone: %q beside the schedule", zone.Zone()), path...)
	case errors.Is(err, plan.ErrNeverDue):
		r.say(fmt.Sprintf("%q never falls due: %v", text, err), "", path...)
	default:
		r.say(fmt.Sprintf("%q is no schedule: %v", text, err), "use @hourly, @daily, @weekly or five cron fields such as \"0 3 * * *\"", path...)
	}
}

// timezone checks that every target knows the zone.
func (r *refs) timezone(name string, path ...string) {
	if _, err := plan.Zone(name); err == nil {
		return
	}
	hint := source.Nearest(name, plan.Zones())
	if hint == "" {
		hint = "use a name of the IANA database, such as Europe/Berlin"
	}
	r.say(fmt.Sprintf("unknown time zone %q", name), hint, path...)
}
