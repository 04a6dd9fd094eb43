package schedule

import (
	"iter"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// barren is after how many days without a run a schedule is taken to have none:
// from one 29th of February to the next there are up to eight years.
const barren = 9 * 366

// everySoOften yields whole multiples of the interval since 1970, so that the
// runs are the same whenever somebody began to count.
// The interval is whole seconds and at least one of them: plan.ParseSchedule
// refuses fractions of a second, and after sends an interval of 0 elsewhere,
// which would divide by zero here.
func (c calendar) everySoOften(t time.Time) iter.Seq[Run] {
	step := int64(c.Every / time.Second)
	return func(yield func(Run) bool) {
		at := t.Unix() / step * step
		for at <= t.Unix() {
			at += step
		}
		for yield(c.at(time.Unix(at, 0))) {
			at += step
		}
	}
}

// byInterval yields the instants at which the clock shows a minute of the
// schedule. An hour that the clock shows twice has its runs twice, for it is two
// hours.
// The sequence ends only where the schedule has had no day for as long as
// barren, or where the caller stops. Days that the schedule excludes are
// skipped whole and not minute by minute.
func (c calendar) byInterval(t time.Time) iter.Seq[Run] {
	return func(yield func(Run) bool) {
		at := t.Truncate(time.Minute)
		for idle := time.Duration(0); idle < barren*plan.Day; {
			local := at.In(c.zone)
			switch {
			case local.Second() != 0: // of a zone that is not whole minutes from UTC
				at = at.Add(time.Duration(60-local.Second()) * time.Second)
				continue
			case !c.On(local):
				next := nextDay(local)
				idle += next.Sub(at)
				at = next
				continue
			case c.Minute>>local.Minute()&1 == 1:
				// The loop begins at the minute that t is in, which is not
				// after t: a run at exactly t was due already.
				if idle = 0; at.After(t) && !yield(c.at(at)) {
					return
				}
			}
			at = at.Add(time.Minute)
		}
	}
}

// nextDay is the next midnight, or when the clocks change if that is before.
//
// The caller moves on by what is returned, so it must be later than local, or
// the caller never ends. It stops at a change of the clocks since the date can
// change there without a midnight.
func nextDay(local time.Time) time.Time {
	y, m, d := local.Date()
	at, _ := resolve(time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC), local.Location())
	// Where midnight is shown twice, resolve returns the first one, which may
	// have passed.
	if !at.After(local) {
		at = local.Add(time.Minute)
	}
	if _, change := local.ZoneBounds(); !change.IsZero() && change.Before(at) {
		return change
	}
	return at
}

// byClock yields each time of each day once.
//
// It walks over dates and not over instants, so that each time of the schedule
// is looked at once a day, whatever the clocks do on that day. A day of the
// calendar is its midnight in UTC, which means the same date in every zone.
func (c calendar) byClock(t time.Time) iter.Seq[Run] {
	return func(yield func(Run) bool) {
		y, m, d := t.In(c.zone).Date()
		// A run of the day before may begin after midnight, where a gap has taken it.
		day := time.Date(y, m, d-1, 0, 0, 0, 0, time.UTC)
		var last Run
		for idle := 0; idle < barren; idle++ {
			if c.On(day) {
				for run := range c.ofDay(day) {
					// Two times in one gap resolve to the same instant, and are
					// one run.
					if run == last || !run.At.After(t) {
						continue
					}
					if last, idle = run, 0; !yield(run) {
						return
					}
				}
			}
			day = day.AddDate(0, 0, 1)
		}
	}
}

// ofDay yields the runs of a day, which is given as its midnight in UTC. Times
// that fall into one gap begin together.
func (c calendar) ofDay(day time.Time) iter.Seq[Run] {
	return func(yield func(Run) bool) {
		for hour := range 24 {
			if c.Hour>>hour&1 == 0 {
				continue
			}
			for minute := range 60 {
				if c.Minute>>minute&1 == 0 {
					continue
				}
				wall := day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
				at, exists := resolve(wall, c.zone)
				if exists && !yield(Run{at, day.Format(time.DateOnly)}) {
					return
				}
			}
		}
	}
}

// resolve returns the first instant, in UTC, at which the clock of the zone shows
// what wall shows in UTC, or the end of the gap that it is in. A day that is in
// the gap as a whole, as when a zone has moved across the date line, does not
// exist.
//
// Go's time.Date picks one of the offsets in a gap or an overlap without saying
// which, so every offset that the zone has nearby is tried here: an instant
// counts if the zone has that very offset then. The offsets are in seconds,
// since zones had odd ones before 1900.
func resolve(wall time.Time, zone *time.Location) (at time.Time, exists bool) {
	near := wall.In(zone)
	var first, gap time.Time
	for _, offset := range offsets(near) {
		one := wall.Add(-time.Duration(offset) * time.Second)
		if _, is := one.In(zone).Zone(); is == offset && (first.IsZero() || one.Before(first)) {
			first = one
		}
	}
	if !first.IsZero() {
		return first.UTC(), true
	}
	for _, change := range changes(near) {
		_, before := change.Add(-time.Nanosecond).Zone()
		_, after := change.Zone()
		if lo, hi := shown(change, before), shown(change, after); !wall.Before(lo) && wall.Before(hi) {
			gap = change
			day := wall.Truncate(plan.Day)
			// The day exists if it begins before the gap or ends after it.
			exists = day.Before(lo) || hi.Before(day.Add(plan.Day))
		}
	}
	return gap.UTC(), exists
}

// shown is what a clock at the offset shows, as a time in UTC.
func shown(t time.Time, offset int) time.Time {
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// changes are when the clocks of its zone change, near the time.
//
// The zone's rules give only the bounds of the period around an instant. Three
// instants a day apart find each change that can matter, as no offset is more
// than a day; the same change may be in the list several times, which does no
// harm.
func changes(near time.Time) []time.Time {
	var out []time.Time
	for _, t := range []time.Time{near.Add(-plan.Day), near, near.Add(plan.Day)} {
		start, end := t.ZoneBounds()
		for _, change := range []time.Time{start, end} {
			if !change.IsZero() {
				out = append(out, change)
			}
		}
	}
	return out
}

// offsets are those from UTC, in seconds, that the zone has near the time.
func offsets(near time.Time) []int {
	_, is := near.Zone()
	out := []int{is}
	for _, change := range changes(near) {
		_, before := change.Add(-time.Nanosecond).Zone()
		_, after := change.Zone()
		out = append(out, before, after)
	}
	return out
}
