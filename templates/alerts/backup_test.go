package alerts

import (
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestTheLongestTimeBetweenRuns(t *testing.T) {
	for schedule, want := range map[string]time.Duration{
		"17 2 * * *":    24 * time.Hour,
		"@daily":        24 * time.Hour,
		"0 * * * *":     time.Hour,
		"0 9 * * 1-5":   72 * time.Hour,
		"30 1,13 * * *": 12 * time.Hour,
		"0 0 1 * *":     31 * 24 * time.Hour,
		"@every 90m":    90 * time.Minute,
	} {
		s, err := plan.ParseSchedule(schedule)
		if err != nil {
			t.Fatal(err)
		}
		if got := longest(s); got != want {
			t.Errorf("%s: %v, want %v", schedule, got, want)
		}
	}
}
