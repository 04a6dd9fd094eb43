//go:build unix

package local

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/tests/zones"
)

// TestANightlyRunBeginsOnAnyMachine starts a stack a second before the run is due,
// on machines in three time zones.
func TestANightlyRunBeginsOnAnyMachine(t *testing.T) {
	zones.Each(t, func(t *testing.T) {
		for timezone, at := range map[string]string{"": "2026-11-20T02:59:59Z",
			"America/New_York": "2026-11-21T02:59:59-05:00", "Pacific/Kiritimati": "2026-11-20T02:59:59+14:00"} {
			t.Run(timezone, func(t *testing.T) { nightly(t, timezone, at) })
		}
	})
}

func nightly(t *testing.T, timezone, at string) {
	out := open(t, "dates")
	p := scheduled(`echo "$ASHLAR_PARAM_DATE" >> `+out,
		func(l *plan.Pipeline) { l.Schedule, l.Timezone = "0 3 * * *", timezone })
	start, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	now := func() time.Time { return start.Add(time.Since(began)).Local() }
	s, err := Open(t.Context(), Config{Plan: p, Dir: t.TempDir(), State: t.TempDir(), Listen: "127.0.0.1:0",
		Author: "ada", Now: now, Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := errors.Join(s.Serve(ctx, ServeOptions{}), s.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if got := strings.Fields(string(b)); err != nil || len(got) != 1 || got[0] != at[:10] {
		t.Errorf("runs of %q (%v), want one of %s", got, err, at[:10])
	}
}

func TestTheDateOfARunOnDemandIsTheDayOfItsZone(t *testing.T) {
	for timezone, want := range map[string]string{"": "2026-11-20", "Pacific/Kiritimati": "2026-11-21",
		"America/New_York": "2026-11-19"} {
		out := open(t, "dates")
		p := scheduled(`echo "$ASHLAR_PARAM_DATE" >> `+out, func(l *plan.Pipeline) { l.Timezone = timezone })
		now := func() time.Time { return time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC) }
		if timezone == "Pacific/Kiritimati" {
			now = func() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }
		}
		s, err := Open(t.Context(), Config{Plan: p, Dir: t.TempDir(), State: t.TempDir(), Author: "ada",
			Now: now, Getenv: os.Getenv})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.RunJob(t.Context(), "demand", pipeline.Job{Unit: p.UnitFor("ticks"), Line: "ticks"})
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(out); err != nil || strings.TrimSpace(string(b)) != want {
			t.Errorf("%q: the date is %q (%v), want %s", timezone, b, err, want)
		}
	}
}
