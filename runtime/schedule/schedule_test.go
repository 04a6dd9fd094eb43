package schedule

import (
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestDue(t *testing.T) {
	last := at("2026-11-20T00:00:00Z")
	for name, c := range map[string]struct {
		catchup bool
		now     string
		want    []string
	}{
		"nothing yet":                     {false, "2026-11-20T23:59:59Z", nil},
		"in time":                         {false, "2026-11-21T00:00:00Z", []string{"2026-11-21"}},
		"late, and left out":              {false, "2026-11-21T03:00:00Z", nil},
		"after days, the newest in time":  {false, "2026-11-24T00:05:00Z", []string{"2026-11-24"}},
		"after days, all made up for":     {true, "2026-11-24T08:00:00Z", []string{"2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"}},
		"made up for, but nothing is due": {true, "2026-11-20T01:00:00Z", nil},
	} {
		got, err := Due(plan.Pipeline{Schedule: "@daily", Catchup: c.catchup}, last, at(c.now))
		if err != nil {
			t.Fatal(err)
		}
		var days []string
		for _, d := range got {
			days = append(days, d.Format(time.DateOnly))
		}
		if len(days) != len(c.want) {
			t.Errorf("%s: %v, want %v", name, days, c.want)
			continue
		}
		for i := range days {
			if days[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", name, days, c.want)
			}
		}
	}
}

func TestBetweenIsBounded(t *testing.T) {
	got, err := Between("0 3 * * 1", at("2026-11-01T00:00:00Z"), at("2026-11-30T23:59:59Z"))
	if err != nil || len(got) != 5 || got[0].Day() != 2 {
		t.Errorf("%v (%v)", got, err)
	}
	if _, err := Between("* * * * *", at("2026-01-01T00:00:00Z"), at("2026-12-31T00:00:00Z")); err == nil {
		t.Error("half a million runs are no error")
	}
	if _, err := Between("whenever", last, last); err == nil {
		t.Error("a schedule that is none is no error")
	}
}

var last = at("2026-11-20T00:00:00Z")

func TestDueKeepsTheNewestOfVeryMany(t *testing.T) {
	got, err := Due(plan.Pipeline{Schedule: "* * * * *", Catchup: true}, last, last.Add(3000*time.Minute))
	if err != nil || len(got) != Most || !got[Most-1].Equal(last.Add(3000*time.Minute)) {
		t.Errorf("%d runs (%v)", len(got), err)
	}
}
