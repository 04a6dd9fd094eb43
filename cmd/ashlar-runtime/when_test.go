package main

import (
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/pipeline"
)

func TestWhenARunWasDue(t *testing.T) {
	at := time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		when
		date string
		due  time.Time
		ok   bool
	}{
		"nothing is known":             {when{}, "", time.Time{}, true},
		"a date":                       {when{date: "2026-11-01"}, "2026-11-01", time.Time{}, true},
		"started by its schedule":      {when{due: "2026-11-01T04:00:00+01:00"}, "", at, true},
		"started by a person, in Argo": {when{due: "{{workflow.scheduledTime}}"}, "", time.Time{}, true},
		"no date":                      {when{date: "today"}, "", time.Time{}, false},
		"no time":                      {when{due: "now"}, "", time.Time{}, false},
	} {
		var job pipeline.Job
		err := c.tell(&job)
		if (err == nil) != c.ok || c.ok && (job.Date != c.date || !job.Due.Equal(c.due)) {
			t.Errorf("%s: %q, %s (%v)", name, job.Date, job.Due, err)
		}
	}
}
