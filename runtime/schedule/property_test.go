package schedule

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/tests/zones"
)

// moved are zones whose clocks have been changed in uncommon ways: at midnight
// and across it, by half an hour, by a day, four times a year.
var moved = []string{
	"America/New_York", "Europe/Berlin", "America/Havana", "America/Asuncion", "America/St_Johns",
	"America/Sao_Paulo", "America/Nuuk",
	"Africa/Casablanca", "Africa/Cairo", "Asia/Tehran", "Asia/Amman", "Australia/Lord_Howe", "Antarctica/Troll",
	"Pacific/Apia", "Pacific/Kwajalein", "Pacific/Enderbury",
	"Africa/Monrovia", "Europe/Dublin",
}

func TestADailyScheduleHasOneRunForEachDayOfItsZone(t *testing.T) {
	for _, name := range moved {
		for _, clock := range []struct{ hour, minute int }{{0, 0}, {1, 30}, {2, 30}, {23, 45}} {
			oneADay(t, name, clock.hour, clock.minute, 1970, 2037)
		}
	}
	for _, name := range plan.Zones() {
		oneADay(t, name, 2, 15, 2025, 2026)
	}
}

// oneADay compares with a walk through the years that knows of no gaps and folds:
// it looks at the clock every quarter of an hour.
func oneADay(t *testing.T, name string, hour, minute, from, to int) {
	t.Helper()
	zone, err := plan.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	line := plan.Pipeline{Schedule: fmt.Sprintf("%d %d * * *", minute, hour), Timezone: name}
	c, err := read(line)
	if err != nil {
		t.Fatal(err)
	}
	wall := fmt.Sprintf("%02d:%02d", hour, minute)
	end := time.Date(to+1, 1, 1, 0, 0, 0, 0, time.UTC)
	day := time.Date(from, 1, 3, 0, 0, 0, 0, time.UTC)
	for run := range c.after(day.Add(-2 * plan.Day)) {
		if run.At.After(end) {
			return
		}
		if run.Date < day.Format(time.DateOnly) {
			continue
		}
		for run.Date != day.Format(time.DateOnly) { // a day without a run is one that is not there
			if shows(zone, day) || day.After(end) {
				t.Fatalf("%s, %s: no run of %s; the next is %v", name, line.Schedule, day.Format(time.DateOnly), run)
			}
			day = day.AddDate(0, 0, 1)
		}
		day = day.AddDate(0, 0, 1)
		local, before := run.At.In(zone), run.At.Add(-time.Second).In(zone)
		_, is := local.Zone()
		_, was := before.Zone()
		switch now := local.Format("2006-01-02 15:04"); {
		case now == run.Date+" "+wall:
			for back := 30 * time.Minute; back <= 3*time.Hour; back += 30 * time.Minute {
				if run.At.Add(-back).In(zone).Format("2006-01-02 15:04") == now {
					t.Fatalf("%s, %s: %v is not the first %s", name, line.Schedule, run, now)
				}
			}
		case is > was && before.Format("2006-01-02 15:04") < run.Date+" "+wall && now > run.Date+" "+wall:
		default:
			t.Fatalf("%s, %s: %v begins at %s", name, line.Schedule, run, now)
		}
	}
}

// shows reports whether the zone's clock ever shows the day.
func shows(zone *time.Location, day time.Time) bool {
	for h := -15; h < 40; h++ {
		for q := range 4 {
			at := day.Add(time.Duration(h)*time.Hour + time.Duration(q)*15*time.Minute)
			if at.In(zone).Format(time.DateOnly) == day.Format(time.DateOnly) {
				return true
			}
		}
	}
	return false
}

func TestIntervalsAreKeptThroughTheChangeOfClocks(t *testing.T) {
	zones.Each(t, func(t *testing.T) {
		for schedule, want := range map[string]time.Duration{"30 * * * *": time.Hour, "*/30 * * * *": 30 * time.Minute,
			"@hourly": time.Hour, "* * * * *": time.Minute, "@every 45m": 45 * time.Minute} {
			for _, zone := range []string{"UTC", "Europe/Berlin", "America/New_York", "America/Havana"} {
				for _, month := range []time.Month{time.March, time.October, time.November} {
					last := time.Date(2026, month, 1, 0, 0, 0, 0, time.UTC)
					c, err := read(plan.Pipeline{Schedule: schedule, Timezone: zone})
					if err != nil {
						t.Fatal(err)
					}
					var previous time.Time
					for run := range c.after(last) {
						if run.At.After(last.AddDate(0, 0, 30)) {
							break
						}
						if !previous.IsZero() && run.At.Sub(previous) != want {
							t.Fatalf("%s in %s: %s after %s", schedule, zone, run.At, previous)
						}
						previous = run.At
					}
				}
			}
		}
	})
}

// Kubernetes and Argo read schedules with robfig/cron. What we accept they do,
// and in a zone without summer time they start the same runs.
func TestSchedulesMeanWhatClustersTakeThemFor(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	compared := 0
	for range 5000 {
		text := randomSchedule(random)
		compared += compare(t, text)
	}
	if compared < 1000 {
		t.Errorf("only %d of 5000 were schedules", compared)
	}
}

func FuzzSchedulesMeanWhatClustersTakeThemFor(f *testing.F) {
	for _, text := range []string{"30 2 * * *", "*/7 1-5,9 1,15 */2 mon-fri", "@daily", "0 0 29 2 *",
		"5/20 ? 1-31 * 1", "@every 90s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { compare(t, text) })
}

// compare returns 1 where the text is a schedule.
func compare(t *testing.T, text string) int {
	t.Helper()
	s, err := plan.ParseSchedule(text)
	if err != nil {
		return 0
	}
	for _, form := range []string{text, s.String()} {
		if s.Every > 0 {
			form = s.String() // days are ours alone
		}
		theirs, err := cron.ParseStandard(form)
		if err != nil {
			t.Fatalf("%q, written %q, is none for them: %v", text, form, err)
		}
		if s.Every > 0 {
			continue
		}
		at := time.Date(2026, 1, 31, 23, 59, 0, 0, time.UTC)
		for range 12 {
			ours, err := Next(plan.Pipeline{Schedule: text}, at)
			if err != nil {
				t.Fatal(err)
			}
			next := theirs.Next(at)
			if next.IsZero() && ours.At.Year() > 2031 {
				break // they look five years ahead
			}
			if !ours.At.Equal(next) {
				t.Fatalf("%q, written %q, after %s: %s, and theirs %s", text, form, at, ours.At, next)
			}
			at = next
		}
	}
	return 1
}

func randomSchedule(r *rand.Rand) string {
	bounds := [5][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}
	out := ""
	for _, b := range bounds {
		term := func() string {
			v := func() int { return b[0] + r.IntN(b[1]-b[0]+1) }
			return []string{"*", "*", "?", fmt.Sprint(v()), fmt.Sprintf("%d-%d", v(), v()),
				fmt.Sprintf("*/%d", 1+r.IntN(9)), fmt.Sprintf("%d/%d", v(), 1+r.IntN(9)),
				fmt.Sprintf("%d-%d/2", v(), v())}[r.IntN(8)]
		}
		text := term()
		for range r.IntN(3) {
			text += "," + term()
		}
		out += text + " "
	}
	return out
}
