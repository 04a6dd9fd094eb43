package plan

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Schedule says when runs fall due: at the minutes that all of the fields match,
// or, where Every is not 0, so often. A field is a set of bits: bit n is set
// where the value n is in it.
type Schedule struct {
	Every                         time.Duration
	Minute, Hour, Dom, Month, Dow uint64
	// AnyDom and AnyDow are set where the field is a star. A day matches where it
	// is in both fields, or, where neither is a star, where it is in one of them.
	AnyDom, AnyDow bool
}

// cronField is one of the five, with the names that its values have.
type cronField struct {
	name     string
	min, max int
	names    []string // of min and what comes after
}

var cronFields = [5]cronField{
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day of the month", 1, 31, nil},
	{"month", 1, 12, []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"day of the week", 0, 6, []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// descriptors are names of schedules that all engines know in one form or
// another.
var descriptors = map[string]string{
	"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
	"@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}

const everyPrefix = "@every "

// ParseSchedule reads five cron fields, a descriptor such as @daily, or @every
// and a duration of whole seconds. It is the only reader of schedules. What it
// accepts is what Kubernetes and Argo accept, without CRON_TZ= and TZ=, which
// not every engine takes: a pipeline's zone is its timezone. A schedule that
// never falls due, such as the 31st of February, is an error.
func ParseSchedule(text string) (Schedule, error) {
	if strings.HasPrefix(text, "CRON_TZ=") || strings.HasPrefix(text, "TZ=") {
		return Schedule{}, &ZoneInScheduleError{text}
	}
	if rest, ok := strings.CutPrefix(text, everyPrefix); ok {
		d, err := ParseDuration(strings.TrimSpace(rest))
		if err == nil && d%time.Second != 0 {
			err = fmt.Errorf("%s is not whole seconds", d)
		}
		return Schedule{Every: d}, err
	}
	if strings.HasPrefix(text, "@") {
		known, ok := descriptors[text]
		if !ok {
			return Schedule{}, fmt.Errorf("%s is not one of @hourly, @daily, @weekly, @monthly, @yearly and @every 6h",
				text)
		}
		text = known
	}
	parts := strings.Fields(text)
	if len(parts) != len(cronFields) {
		return Schedule{}, fmt.Errorf("want five fields, found %d", len(parts))
	}
	var sets [len(cronFields)]uint64
	var stars [len(cronFields)]bool
	for i, f := range cronFields {
		var err error
		if sets[i], stars[i], err = f.parse(parts[i]); err != nil {
			return Schedule{}, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	s := Schedule{Minute: sets[0], Hour: sets[1], Dom: sets[2], Month: sets[3], Dow: sets[4],
		AnyDom: stars[2], AnyDow: stars[4]}
	if s.never() {
		return Schedule{}, ErrNeverDue
	}
	return s, nil
}

// ErrNeverDue is of a schedule that no year has a day for.
var ErrNeverDue = errors.New("none of its months has such a day")

// ZoneInScheduleError is a schedule that begins with a time zone.
type ZoneInScheduleError struct{ Schedule string }

// Error names the field that the zone belongs in.
func (e *ZoneInScheduleError) Error() string {
	return "a schedule cannot name a time zone; set the pipeline's timezone"
}

// Parts are the zone, which is not checked, and the schedule without it.
func (e *ZoneInScheduleError) Parts() (zone, schedule string) {
	_, rest, _ := strings.Cut(e.Schedule, "=")
	zone, schedule, _ = strings.Cut(rest, " ")
	return zone, strings.TrimSpace(schedule)
}

// parse reads one field, of terms with commas between. Star is set where a term
// is every value.
func (f cronField) parse(text string) (set uint64, star bool, err error) {
	for term := range strings.SplitSeq(text, ",") {
		one, all, err := f.term(term)
		if err != nil {
			return 0, false, err
		}
		set, star = set|one, star || all
	}
	return set, star, nil
}

// term reads *, 5, 1-5, */15, 5/15 or 1-30/2.
func (f cronField) term(text string) (set uint64, star bool, err error) {
	span, by, stepped := strings.Cut(text, "/")
	step := 1
	if stepped {
		if step, err = smallNumber(by); err != nil || step == 0 {
			return 0, false, fmt.Errorf("%q is not a valid step", text)
		}
	}
	low, high, ranged := strings.Cut(span, "-")
	first, last := f.min, f.max
	if span == "*" || span == "?" {
		star = step == 1
	} else {
		if first, err = f.value(low); err != nil {
			return 0, false, err
		}
		switch {
		case ranged:
			if last, err = f.value(high); err != nil {
				return 0, false, err
			}
		case !stepped:
			last = first
		}
		if first > last {
			return 0, false, fmt.Errorf("%q ends before it begins", text)
		}
	}
	for v := first; v <= last; v += step {
		set |= 1 << v
	}
	return set, star, nil
}

// value is a number or a name within the field's bounds.
func (f cronField) value(text string) (int, error) {
	for i, name := range f.names {
		if strings.EqualFold(name, text) {
			return f.min + i, nil
		}
	}
	n, err := smallNumber(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a number", text)
	case n == 7 && f.max == 6:
		return 0, fmt.Errorf("7 is not among 0 to 6; Sunday is 0")
	case n < f.min || n > f.max:
		return 0, fmt.Errorf("%s is not among %d to %d", text, f.min, f.max)
	}
	return n, nil
}

// smallNumber reads up to four digits.
func smallNumber(text string) (int, error) {
	if len(text) > 4 || strings.Trim(text, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.Atoi(text)
}

// never reports whether no day of any year matches.
func (s Schedule) never() bool {
	if !s.AnyDow {
		return false // each month has every day of the week
	}
	longest := [...]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	for month := 1; month <= 12; month++ {
		if s.Month>>month&1 == 1 && bits.TrailingZeros64(s.Dom) <= longest[month] {
			return false
		}
	}
	return true
}

// Hourly reports whether runs fall due in every hour of a day. Such a schedule
// means an interval, and any other the time on the clock.
func (s Schedule) Hourly() bool { return s.Every == 0 && s.Hour == 1<<24-1 }

// On reports whether the day matches; that of a schedule with Every does.
func (s Schedule) On(day time.Time) bool {
	if s.Every > 0 {
		return true
	}
	dom, dow := s.Dom>>day.Day()&1 == 1, s.Dow>>int(day.Weekday())&1 == 1
	if s.AnyDom || s.AnyDow {
		dom = dom && dow
	} else {
		dom = dom || dow
	}
	return dom && s.Month>>int(day.Month())&1 == 1
}
