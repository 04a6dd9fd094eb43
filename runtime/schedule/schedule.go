// Package schedule says when a pipeline's runs are due: those that were missed
// while nothing was up, and those of a range of dates that is to be made good.
package schedule

import (
	"fmt"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Most bounds the runs that are made up for at once.
const Most = 1000

// lateness is how late a run may begin that is not made up for.
const lateness = 10 * time.Minute

// Between returns when the schedule falls due after one time and not after
// another, oldest first. More than Most are an error.
func Between(schedule string, after, until time.Time) ([]time.Time, error) {
	s, err := cron.ParseStandard(schedule)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", schedule, err)
	}
	var out []time.Time
	for at := s.Next(after); !at.IsZero() && !at.After(until); at = s.Next(at) {
		if len(out) == Most {
			return nil, fmt.Errorf("schedule %q falls due more than %d times from %s to %s; choose a shorter range", schedule, Most, after.Format(time.RFC3339), until.Format(time.RFC3339))
		}
		out = append(out, at)
	}
	return out, nil
}

// Due returns the runs to begin now. With catchup they are all that fell due
// since the last one, the newest Most of them; without, the newest alone, and
// only where it is less than ten minutes late.
func Due(line plan.Pipeline, last, now time.Time) ([]time.Time, error) {
	s, err := cron.ParseStandard(line.Schedule)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", line.Schedule, err)
	}
	var due []time.Time
	for at := s.Next(last); !at.IsZero() && !at.After(now); at = s.Next(at) {
		if due = append(due, at); len(due) > Most {
			due = due[1:]
		}
	}
	if line.Catchup || len(due) == 0 {
		return due, nil
	}
	if newest := due[len(due)-1]; now.Sub(newest) < lateness {
		return []time.Time{newest}, nil
	}
	return nil, nil
}

// Next returns when the schedule falls due next.
func Next(schedule string, after time.Time) (time.Time, error) {
	s, err := cron.ParseStandard(schedule)
	if err != nil {
		return time.Time{}, fmt.Errorf("schedule %q: %w", schedule, err)
	}
	return s.Next(after), nil
}
