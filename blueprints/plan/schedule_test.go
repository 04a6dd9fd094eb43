package plan

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestScheduleText(t *testing.T) {
	for text, want := range map[string]string{
		"30 2 * * *": "30 2 * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
		"@yearly": "0 0 1 1 *", "@hourly": "0 * * * *",
		"*/15 9-17 * * mon-fri": "0,15,30,45 9-17 * * 1-5", "5/20 0,12 1,15 JAN,dec ?": "5,25,45 0,12 1,15 1,12 *",
		"0 0 1-31 * 1": "0 0 * * *", "0 0 */1 * 1": "0 0 * * 1", "0 0 29 2 *": "0 0 29 2 *", "0 0 31 2 1": "0 0 31 2 1",
		"@every 6h": "@every 6h0m0s", "@every 1d": "@every 24h0m0s",
	} {
		s, err := ParseSchedule(text)
		if err != nil || s.String() != want {
			t.Errorf("%s is %q (%v), want %q", text, s, err, want)
			continue
		}
		again, err := ParseSchedule(s.String())
		if err != nil || again.String() != want {
			t.Errorf("%s becomes %q (%v)", want, again, err)
		}
	}
}

func TestWhatIsNoSchedule(t *testing.T) {
	for text, want := range map[string]string{
		"": "five fields", "0 3 * *": "found 4", "0 3 * * * *": "found 6",
		"60 3 * * *": "minute: 60 is not among 0 to 59",
		"0 24 * * *": "hour: 24", "0 0 0 * *": "day of the month: 0", "0 0 * 13 *": "month: 13",
		"0 0 * * 7":       "Sunday is 0",
		"0 0 * * fri-mon": "ends before it begins", "*/0 * * * *": "not a valid step", "a * * * *": "not a number",
		"0 0 * foo *": "not a number",
		"0 0 31 2 *":  "none of its months", "0 0 30 2 *": "none of its months",
		"0 0 31 2,4,6,9,11 *": "none of its months", "0 0 31 feb ?": "none of its months",
		"@never": "not one of", "@every": "not one of", "@every ": "duration", "@every 0s": "greater than zero",
		"@every 1500ms": "whole seconds", "@every -1h": "duration",
		"@reboot": "not one of", "1- * * * *": "not a number", "1-2-3 * * * *": "not a number",
		"+1 * * * *": "not a number",
	} {
		if s, err := ParseSchedule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %v (%v), want an error with %q", text, s, err, want)
		}
	}
}

func TestAZoneInAScheduleIsRefused(t *testing.T) {
	for text, want := range map[string][2]string{"CRON_TZ=Europe/Berlin 30 2 * * *": {"Europe/Berlin", "30 2 * * *"},
		"TZ=UTC  @daily ": {"UTC", "@daily"}, "CRON_TZ=": {}, "TZ=x": {"x", ""}} {
		_, err := ParseSchedule(text)
		var z *ZoneInScheduleError
		if !errors.As(err, &z) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if zone, schedule := z.Parts(); zone != want[0] || schedule != want[1] ||
			!strings.Contains(err.Error(), "timezone") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"50ms": 50 * time.Millisecond, "1h30m": 90 * time.Minute, "1d": 24 * time.Hour, "2w": 14 * 24 * time.Hour,
		"1w2d": 9 * 24 * time.Hour, "1d12h": 36 * time.Hour, "0d1s": time.Second, "730d": 730 * 24 * time.Hour,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "0s", "0d", "-1h", "+1h", "1", "d", "1D", "1y", "1 d", "1d 2h", "2d1w",
		"1.5d", "999999w", "106752d", "an hour", "1d-1h", "1h1d"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"1d", "2w3d4h", "1h30m", "999999w", "0d", "106751d23h59m59s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if err == nil && d <= 0 {
			t.Errorf("%q is %s", text, d)
		}
	})
}
