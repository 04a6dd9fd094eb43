package literal

import (
	"math"
	"time"
)

// FirstMoment and LastMoment are those that four digits of a year write, from
// 0000-01-01 until 9999-12-31 is over, in seconds since 1970 UTC.
const FirstMoment, LastMoment = -62_167_219_200, 253_402_300_800

// ParseTimestamp reads RFC 3339, YYYY-MM-DD, and what lies between them (a
// space for the T, no seconds, no zone: UTC) as seconds since 1970 UTC. The
// offset is what ISO 8601 and PostgreSQL write of one, with a space before it
// or without: Z, UTC, +HH, +HHMM, +HH:MM or +HH:MM:SS.
//
// time.Date normalises a day that the month does not have; the day is compared
// after it, which finds the 30th of February. It is written by hand because
// time.Parse needs a layout for each of the forms.
func ParseTimestamp(b []byte) (float64, bool) {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	year, ok1 := digits(b[0:4])
	month, ok2 := digits(b[5:7])
	day, ok3 := digits(b[8:10])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 {
		return 0, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day {
		return 0, false
	}
	date := float64(t.Unix())
	if len(b) == 10 {
		return date, true
	}
	if b[10] != 'T' && b[10] != 't' && b[10] != ' ' {
		return 0, false
	}
	clock, rest, ok := parseClock(b[11:])
	if !ok {
		return 0, false
	}
	zone, ok := parseZone(rest)
	return date + (clock - zone), ok
}

// parseClock reads HH:MM, seconds and a fraction of them, as seconds.
//
// Seconds stop at 59: a leap second is refused rather than read as the next
// minute. At most 18 digits of a fraction are taken.
func parseClock(b []byte) (v float64, rest []byte, ok bool) {
	if len(b) < 5 || b[2] != ':' {
		return 0, nil, false
	}
	hour, ok1 := digits(b[0:2])
	minute, ok2 := digits(b[3:5])
	if !ok1 || !ok2 || hour > 23 || minute > 59 {
		return 0, nil, false
	}
	v, rest = float64(hour*3600+minute*60), b[5:]
	if len(rest) < 3 || rest[0] != ':' {
		return v, rest, len(rest) == 0 || rest[0] != ':'
	}
	second, ok := digits(rest[1:3])
	if !ok || second > 59 {
		return 0, nil, false
	}
	v, rest = v+float64(second), rest[3:]
	if len(rest) == 0 || rest[0] != '.' && rest[0] != ',' {
		return v, rest, true
	}
	end := 1
	for end < len(rest) && rest[end]-'0' <= 9 {
		end++
	}
	if end == 1 || end > 19 {
		return 0, nil, false
	}
	var text [20]byte
	text[0] = '.' // ISO 8601 allows a comma
	fraction, _ := ParseNumber(append(text[:1], rest[1:end]...))
	return v + fraction, rest[end:], true
}

// parseZone reads nothing, Z, UTC or an offset, as seconds east of UTC.
//
// Hours, minutes and seconds come in pairs of digits, with colons everywhere or
// nowhere; scale is what a unit of the next pair is worth, 0 after the seconds.
func parseZone(b []byte) (float64, bool) {
	if len(b) > 1 && b[0] == ' ' {
		b = b[1:]
	}
	switch {
	case len(b) == 0, len(b) == 1 && b[0]|0x20 == 'z', string(b) == "UTC":
		return 0, true
	case len(b) < 3 || b[0] != '+' && b[0] != '-':
		return 0, false
	}
	v, scale, colon := 0, 3600, len(b) > 3 && b[3] == ':'
	for i := 1; i < len(b); i += 2 {
		if i > 1 && colon {
			if b[i] != ':' {
				return 0, false
			}
			i++
		}
		if scale == 0 || i+2 > len(b) {
			return 0, false
		}
		n, ok := digits(b[i : i+2])
		if !ok || n > 59 || scale == 3600 && n > 23 {
			return 0, false
		}
		v, scale = v+n*scale, scale/60
	}
	if b[0] == '-' {
		v = -v
	}
	return float64(v), true
}

// digits reads a short run of digits and nothing else.
func digits(b []byte) (v int, ok bool) {
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

// MomentText writes seconds since 1970 UTC, or their date: to the microsecond,
// which is about as far as a float64 reaches, and to the nanosecond where that
// would not read back.
func MomentText(seconds float64, date bool) string {
	if math.Abs(seconds) > 1e15 {
		return "beyond time"
	}
	whole := math.Floor(seconds)
	at := func(unit float64) time.Time {
		return time.Unix(int64(whole), int64(math.Round((seconds-whole)*unit))*int64(1e9/unit)).UTC()
	}
	if date {
		return at(1e6).Format(time.DateOnly)
	}
	text := at(1e6).Format(time.RFC3339Nano)
	if back, ok := ParseTimestamp([]byte(text)); seconds != whole && ok && back != seconds {
		return at(1e9).Format(time.RFC3339Nano)
	}
	return text
}
