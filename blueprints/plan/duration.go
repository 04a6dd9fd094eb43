package plan

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

var days = regexp.MustCompile(`^(\d{1,6})([dw])$`)

// ParseDuration reads a positive duration: whole days or weeks ("730d", "2w")
// or Go's form ("1h30m", "50ms").
func ParseDuration(text string) (time.Duration, error) {
	if m := days.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return 0, err
		}
		unit := 24 * time.Hour
		if m[2] == "w" {
			unit *= 7
		}
		if n == 0 || float64(n)*float64(unit) > math.MaxInt64 {
			return 0, fmt.Errorf("duration %q: want more than nothing and less than 290 years", text)
		}
		return time.Duration(n) * unit, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("duration %q: write it as 50ms, 10s, 5m, 1h30m, 7d or 2w", text)
	}
	return d, nil
}
