package plan

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// What an empty field means on every target.
const (
	DefaultRetryDelay = 5 * time.Minute // the schema's, of plans that were not made by it
	DefaultTimeout    = 12 * time.Hour  // of a run as a whole
)

// Day and Week are of 24 hours each: durations are elapsed time, not calendar
// time, so that "1d" and "24h" are the same on a day on which clocks change.
const (
	Day  = 24 * time.Hour
	Week = 7 * Day
)

// longForm is weeks, then days, then what Go's form has.
var longForm = regexp.MustCompile(`^(?:([0-9]{1,6})w)?(?:([0-9]{1,6})d)?(.*)$`)

// ParseDuration reads a positive duration: weeks, days and Go's form, in this
// order, such as "2w", "730d", "1d12h", "1h30m" or "50ms". It is the only reader
// of durations: every field and flag that takes one takes all of these.
func ParseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf("duration %q: write it as 50ms, 10s, 5m, 1h30m, 7d or 2w", text)
	m := longForm.FindStringSubmatch(text)
	if m == nil || text == "" {
		return 0, wrong
	}
	var total time.Duration
	for i, unit := range []time.Duration{Week, Day} {
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(m[i+1])
		if err != nil {
			return 0, wrong
		}
		if float64(total)+float64(n)*float64(unit) >= math.MaxInt64 {
			return 0, fmt.Errorf("duration %q: want less than 290 years", text)
		}
		total += time.Duration(n) * unit
	}
	if m[3] != "" {
		rest, err := time.ParseDuration(m[3])
		if err != nil || rest < 0 || m[3][0] == '+' {
			return 0, wrong
		}
		if total > math.MaxInt64-rest {
			return 0, fmt.Errorf("duration %q: want less than 290 years", text)
		}
		total += rest
	}
	if total <= 0 {
		return 0, fmt.Errorf("duration %q: it must be greater than zero", text)
	}
	return total, nil
}
