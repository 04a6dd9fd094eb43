package alerts

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// burn is one condition of a multi-window alert: over both windows the error
// ratio exceeds factor times the budget. The long window says that enough of
// the budget is gone to matter, the short one that it is still going.
type burn struct {
	severity    string
	long, short time.Duration
	factor      float64
}

const day = 24 * time.Hour

// burns are the SRE workbook's for a compliance window of 30 days: 2 % of the
// budget in an hour and 5 % in six pages; 10 % in a day or in three is a ticket.
var burns = [...]burn{
	{Page, time.Hour, 5 * time.Minute, 14.4},
	{Page, 6 * time.Hour, 30 * time.Minute, 6},
	{Ticket, day, 2 * time.Hour, 3},
	{Ticket, 3 * day, 6 * time.Hour, 1},
}

// The least windows that a scrape every 30 seconds fills with enough samples.
const (
	leastShort = 2 * time.Minute
	leastLong  = 10 * time.Minute
)

// burnsFor returns the conditions for a compliance window: the workbook's with
// windows in the same proportion to it, in whole minutes. A condition whose
// threshold reaches 1 is left out, since no error ratio can exceed it: with an
// objective of 90 % the budget cannot burn 14.4 times too fast. The slowest
// condition always remains.
func burnsFor(window time.Duration, budget float64) []burn {
	var out []burn
	for _, b := range burns {
		if b.factor*budget >= 1 {
			continue
		}
		b.long = scaled(b.long, window, leastLong)
		b.short = scaled(b.short, window, leastShort)
		out = append(out, b)
	}
	return out
}

// scaled is d in the proportion of the window to 30 days.
func scaled(d, window, least time.Duration) time.Duration {
	minutes := time.Duration(float64(d) * (float64(window) / float64(30*day))).Round(time.Minute)
	return max(minutes, least)
}

// windowsOf returns every window that must be recorded, shortest first, the
// shortest of them even where no condition uses it.
func windowsOf(conditions []burn, window time.Duration) []time.Duration {
	out := []time.Duration{scaled(burns[0].short, window, leastShort)}
	for _, b := range conditions {
		out = append(out, b.short, b.long)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// text writes a duration as Prometheus does, in its largest whole unit: 30d,
// 6h, 5m, 90s, 50ms.
// Prometheus accepts no fractions in durations.
func text(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	return fmt.Sprintf("%dms", d.Milliseconds())
}
