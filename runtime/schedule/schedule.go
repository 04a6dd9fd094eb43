// Package schedule says when a pipeline's runs are due: those that were missed
// while nothing was up, and those of a range of dates that is to be made good.
//
// A schedule means the clock on the wall of the pipeline's time zone, and the
// zone of this machine has no part in it: instants are in UTC. Where the clocks
// go forward, a run whose time a day does not have begins right after the gap;
// where they go back, a run whose time the day has twice begins at the first. So
// a daily schedule has one run for each day of its zone. Schedules with every
// hour in them, and those with @every, mean intervals: they keep them.
package schedule

import (
	"fmt"
	"iter"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Most bounds the runs that are made up for at once.
const Most = 1000

// Lateness is how late a run may begin that is not made up for.
const Lateness = 10 * time.Minute

// Run is one that falls due.
type Run struct {
	At   time.Time // in UTC
	Date string    // the schedule's day in its zone, as YYYY-MM-DD
}

// Days returns the runs of the days of the pipeline's zone from one to another,
// both included and written as YYYY-MM-DD, that fall due before the end, oldest
// first. More than Most are an error.
//
// The dates are compared as texts, which is right for YYYY-MM-DD. A run that
// falls due at exactly the end is included.
func Days(line plan.Pipeline, from, to string, end time.Time) ([]Run, error) {
	c, err := read(line)
	if err != nil {
		return nil, err
	}
	first, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return nil, err
	}
	var out []Run
	// A day of the zone begins at most 14 hours before that of UTC.
	for run := range c.after(first.Add(-plan.Day)) {
		if run.Date > to || run.At.After(end) {
			break
		}
		if run.Date < from {
			continue
		}
		if len(out) == Most {
			return nil, fmt.Errorf("schedule %q falls due more than %d times from %s to %s; choose a shorter range",
				line.Schedule, Most, from, to)
		}
		out = append(out, run)
	}
	return out, nil
}

// Due returns the runs to begin now. With catchup they are all that fell due
// since the last one, the newest Most of them; without, the newest alone, and
// only where it is less than Lateness late.
//
// It looks at each run since last, so its time grows with their number: a
// caller whose last is far in the past pays for all of them, though at most
// Most are kept. last itself is not due again; a run at exactly now is.
func Due(line plan.Pipeline, last, now time.Time) ([]Run, error) {
	c, err := read(line)
	if err != nil {
		return nil, err
	}
	var due []Run
	for run := range c.after(last) {
		if run.At.After(now) {
			break
		}
		if due = append(due, run); len(due) > Most {
			due = due[1:]
		}
	}
	if line.Catchup || len(due) == 0 {
		return due, nil
	}
	if newest := due[len(due)-1]; now.Sub(newest.At) < Lateness {
		return []Run{newest}, nil
	}
	return nil, nil
}

// Next returns the run that falls due next.
//
// The error wraps plan.ErrNeverDue where the bounded search finds no run;
// plan.ParseSchedule refuses most such schedules before.
func Next(line plan.Pipeline, after time.Time) (Run, error) {
	c, err := read(line)
	if err != nil {
		return Run{}, err
	}
	for run := range c.after(after) {
		return run, nil
	}
	return Run{}, fmt.Errorf("schedule %q: %w", line.Schedule, plan.ErrNeverDue)
}

// calendar is a schedule in its zone.
type calendar struct {
	plan.Schedule
	zone *time.Location
}

// read parses what the plan has validated already. The errors are for callers
// that build a plan.Pipeline by hand.
func read(line plan.Pipeline) (calendar, error) {
	s, err := plan.ParseSchedule(line.Schedule)
	if err != nil {
		return calendar{}, fmt.Errorf("schedule %q: %w", line.Schedule, err)
	}
	zone, err := line.Zone()
	return calendar{s, zone}, err
}

// after yields what falls due after the time, in order and without end.
//
// A run at exactly t is not yielded. A schedule that has no day yields nothing,
// after a bounded search.
func (c calendar) after(t time.Time) iter.Seq[Run] {
	switch {
	case c.Every > 0:
		return c.everySoOften(t)
	case c.Hourly():
		return c.byInterval(t)
	}
	return c.byClock(t)
}

// at is the run of an instant.
func (c calendar) at(t time.Time) Run {
	return Run{t.UTC(), t.In(c.zone).Format(time.DateOnly)}
}
