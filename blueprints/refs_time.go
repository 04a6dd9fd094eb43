package blueprints

import (
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
)

// zoned takes the time zone out of a schedule that begins with CRON_TZ= or TZ=,
// as Kubernetes' and Argo's may: in the plan it is the pipeline's timezone, which
// every target takes.
func (r *refs) zoned(p *plan.Pipeline, at func(...string) []string) {
	_, err := plan.ParseSchedule(p.Schedule)
	var found *plan.ZoneInScheduleError
	if !errors.As(err, &found) {
		r.timezone(p.Timezone, at("timezone")...)
		return
	}
	zone, schedule := found.Parts()
	switch {
	case schedule == "":
		r.say(fmt.Sprintf("%q is not a valid schedule: nothing comes after the time zone", p.Schedule),
			fmt.Sprintf("write timezone: %q, and a schedule such as \"0 3 * * *\"", zone), at("schedule")...)
	case p.Timezone != "" && p.Timezone != zone:
		r.say(fmt.Sprintf("the schedule is in %q, and timezone says %q", zone, p.Timezone),
			"leave the zone to timezone", at("schedule")...)
	case zone == "":
		r.say(fmt.Sprintf("%q names no time zone", p.Schedule),
			"write timezone: \"Europe/Berlin\" beside the schedule", at("schedule")...)
	default:
		r.timezone(zone, at("schedule")...)
		p.Timezone = zone
	}
	p.Schedule = schedule
}

// schedule checks that the text says when runs fall due, and that they ever do.
func (r *refs) schedule(text string, path ...string) {
	if text == "" {
		return
	}
	switch _, err := plan.ParseSchedule(text); {
	case err == nil:
	case errors.Is(err, plan.ErrNeverDue):
		r.say(fmt.Sprintf("%q never falls due: %v", text, err), "", path...)
	default:
		r.say(fmt.Sprintf("%q is not a valid schedule: %v", text, err),
			"use @hourly, @daily, @weekly or five cron fields such as \"0 3 * * *\"", path...)
	}
}

// timezone checks that every target knows the zone.
func (r *refs) timezone(name string, path ...string) {
	if _, err := plan.Zone(name); err == nil {
		return
	}
	hint := nearest.Hint(name, plan.Zones())
	if hint == "" {
		hint = "use a name of the IANA database, such as Europe/Berlin"
	}
	r.say(fmt.Sprintf("unknown time zone %q", name), hint, path...)
}
