package schedule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/tests/zones"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// shownAs are the instants and dates, for comparing.
func shownAs(runs []Run) string {
	var out []string
	for _, r := range runs {
		out = append(out, r.At.Format("2006-01-02T15:04Z07:00")+"="+r.Date)
	}
	return strings.Join(out, " ")
}

func TestDue(t *testing.T) {
	last := at("2026-11-20T00:00:00Z")
	for name, c := range map[string]struct {
		catchup bool
		now     string
		want    []string
	}{
		"nothing yet":                    {false, "2026-11-20T23:59:59Z", nil},
		"in time":                        {false, "2026-11-21T00:00:00Z", []string{"2026-11-21"}},
		"late, and left out":             {false, "2026-11-21T03:00:00Z", nil},
		"after days, the newest in time": {false, "2026-11-24T00:05:00Z", []string{"2026-11-24"}},
		"after days, all made up for": {true, "2026-11-24T08:00:00Z",
			[]string{"2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"}},
		"made up for, but nothing is due": {true, "2026-11-20T01:00:00Z", nil},
	} {
		t.Run(name, func(t *testing.T) {
			zones.Each(t, func(t *testing.T) {
				// The machine's zone is that of both times, as it is of time.Now.
				got, err := Due(plan.Pipeline{Schedule: "@daily", Catchup: c.catchup}, last.Local(), at(c.now).Local())
				if err != nil {
					t.Fatal(err)
				}
				var days []string
				for _, d := range got {
					days = append(days, d.Date)
				}
				if !slices.Equal(days, c.want) {
					t.Errorf("%v, want %v", days, c.want)
				}
			})
		})
	}
}

func TestEachNightHasItsRunOnAnyMachine(t *testing.T) {
	zones.Each(t, func(t *testing.T) {
		line := plan.Pipeline{Schedule: "0 3 * * *"}
		last, runs := at("2026-11-20T12:00:00Z").Local(), 0
		for range 7 {
			next, err := Next(line, last)
			if err != nil {
				t.Fatal(err)
			}
			// Woken when the next run is due, a moment late.
			now := next.At.Add(20 * time.Millisecond).Local()
			due, err := Due(line, last.UTC(), now)
			if err != nil || len(due) != 1 || due[0] != next || next.At.Hour() != 3 {
				t.Fatalf("woken at %s for %v: %v (%v)", now, next, due, err)
			}
			last, runs = now, runs+1
		}
		if want := at("2026-11-27T03:00:00Z"); !last.Truncate(time.Second).Equal(want) || runs != 7 {
			t.Errorf("%d runs, the last at %s", runs, last)
		}
	})
}

func TestDaysAreThoseOfTheZone(t *testing.T) {
	const ny, berlin = "America/New_York", "Europe/Berlin"
	for name, c := range map[string]struct{ schedule, zone, from, to, want string }{
		"a time that the day does not have": {"30 2 * * *", ny, "2026-03-07", "2026-03-09",
			"2026-03-07T07:30Z=2026-03-07 2026-03-08T07:00Z=2026-03-08 2026-03-09T06:30Z=2026-03-09"},
		"a time that the day has twice": {"30 1 * * *", ny, "2026-10-31", "2026-11-02",
			"2026-10-31T05:30Z=2026-10-31 2026-11-01T05:30Z=2026-11-01 2026-11-02T06:30Z=2026-11-02"},
		"times that the gap takes together": {"0,30 2 * * *", berlin, "2026-03-29", "2026-03-29",
			"2026-03-29T01:00Z=2026-03-29"},
		"before and after the gap": {"59 1,2,3 * * *", berlin, "2026-03-29", "2026-03-29",
			"2026-03-29T00:59Z=2026-03-29 2026-03-29T01:00Z=2026-03-29 2026-03-29T01:59Z=2026-03-29"},
		"the day before in UTC": {"30 0 * * *", berlin, "2026-11-20", "2026-11-20",
			"2026-11-19T23:30Z=2026-11-20"},
		"the day after in UTC": {"0 22 * * *", ny, "2026-11-20", "2026-11-20",
			"2026-11-21T03:00Z=2026-11-20"},
		"far east": {"0 0 * * *", "Pacific/Kiritimati", "2026-11-20", "2026-11-20",
			"2026-11-19T10:00Z=2026-11-20"},
		"far west": {"59 23 * * *", "Pacific/Pago_Pago", "2026-11-20", "2026-11-20",
			"2026-11-21T10:59Z=2026-11-20"},
		"no midnight": {"0 0 * * *", "America/Havana", "2026-03-08", "2026-03-08",
			"2026-03-08T05:00Z=2026-03-08"},
		"midnight twice": {"30 0 * * *", "America/Havana", "2026-11-01", "2026-11-01",
			"2026-11-01T04:30Z=2026-11-01"},
		"a gap across midnight": {"45 23 * * *", "America/Toronto", "1919-03-30", "1919-03-31",
			"1919-03-31T04:30Z=1919-03-30 1919-04-01T03:45Z=1919-03-31"},
		"half an hour": {"15 2 * * *", "Australia/Lord_Howe", "2026-10-04", "2026-10-04",
			"2026-10-03T15:30Z=2026-10-04"},
		"a day that the zone does not have": {"0 12 * * *", "Pacific/Apia", "2011-12-29", "2011-12-31",
			"2011-12-29T22:00Z=2011-12-29 2011-12-30T22:00Z=2011-12-31"},
		"every hour of a short day": {"30 0-23 * * 0", berlin, "2026-03-29", "2026-03-29",
			strings.Join(hours("2026-03-28T23:30:00Z", 23, "2026-03-29"), " ")},
		"every hour of a long day": {"30 * * * 0", berlin, "2026-10-25", "2026-10-25",
			strings.Join(hours("2026-10-24T22:30:00Z", 25, "2026-10-25"), " ")},
		"an interval has no clock": {"@every 12h", ny, "2026-11-20", "2026-11-20",
			"2026-11-20T12:00Z=2026-11-20 2026-11-21T00:00Z=2026-11-20"},
		"of leap years": {"0 6 29 2 *", berlin, "2026-01-01", "2032-12-31",
			"2028-02-29T05:00Z=2028-02-29 2032-02-29T05:00Z=2032-02-29"},
		"a Friday, or the thirteenth": {"0 6 13 11 5", "UTC", "2025-11-12", "2025-11-16",
			"2025-11-13T06:00Z=2025-11-13 2025-11-14T06:00Z=2025-11-14"},
		"nothing in the range": {"@monthly", berlin, "2026-11-02", "2026-11-30", ""},
		"a leap year's day that comes after": {"0 0 29 2 *", "UTC", "1896-03-01", "1904-03-01",
			"1904-02-29T00:00Z=1904-02-29"},
	} {
		t.Run(name, func(t *testing.T) {
			zones.Each(t, func(t *testing.T) {
				got, err := Days(plan.Pipeline{Schedule: c.schedule, Timezone: c.zone}, c.from, c.to,
					at("2100-01-01T00:00:00Z"))
				if err != nil || shownAs(got) != c.want {
					t.Errorf("%s in %s:\n got %s\nwant %s (%v)", c.schedule, c.zone, shownAs(got), c.want, err)
				}
			})
		})
	}
}

func hours(first string, n int, date string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = at(first).Add(time.Duration(i)*time.Hour).Format("2006-01-02T15:04Z") + "=" + date
	}
	return out
}

func TestDaysAreBounded(t *testing.T) {
	if _, err := Days(plan.Pipeline{Schedule: "* * * * *"}, "2026-01-01", "2026-12-31",
		at("2027-01-01T00:00:00Z")); err == nil || !strings.Contains(err.Error(), "shorter range") {
		t.Errorf("half a million runs: %v", err)
	}
	if _, err := Days(plan.Pipeline{Schedule: "whenever"}, "2026-01-01", "2026-12-31", last); err == nil {
		t.Error("a schedule that is none is no error")
	}
	if _, err := Days(plan.Pipeline{Schedule: "@daily", Timezone: "Mars/Olympus"}, "2026-01-01",
		"2026-12-31", last); err == nil {
		t.Error("a zone that is none is no error")
	}
	got, err := Days(plan.Pipeline{Schedule: "@daily"}, "2026-11-18", "2026-11-30", last)
	if err != nil || shownAs(got) != "2026-11-18T00:00Z=2026-11-18 2026-11-19T00:00Z=2026-11-19 2026-11-20T00:00Z=2026-11-20" {
		t.Errorf("up to %s: %v (%v)", last, got, err)
	}
}

var last = at("2026-11-20T00:00:00Z")

func TestDueKeepsTheNewestOfVeryMany(t *testing.T) {
	zones.Each(t, func(t *testing.T) {
		got, err := Due(plan.Pipeline{Schedule: "* * * * *", Catchup: true}, last, last.Add(3000*time.Minute))
		if err != nil || len(got) != Most || !got[Most-1].At.Equal(last.Add(3000*time.Minute)) {
			t.Errorf("%d runs (%v)", len(got), err)
		}
	})
}
