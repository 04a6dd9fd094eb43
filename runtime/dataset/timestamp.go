package dataset

import (
	"math"
	"time"
)

// parseTimestamp reads RFC 3339, YYYY-MM-DD, and what lies between them (a
// space for the T, no seconds, no zone: UTC) as seconds since 1970 UTC.
func parseTimestamp(b []byte) (float64, bool) {
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
	if len(rest) == 0 || rest[0] != '.' {
		return v, rest, true
	}
	end := 1
	for end < len(rest) && rest[end]-'0' <= 9 {
		end++
	}
	if end == 1 || end > 19 {
		return 0, nil, false
	}
	fraction, _ := parseNumber(rest[:end])
	return v + fraction, rest[end:], true
}

// parseZone reads nothing, Z or an offset, as seconds east of UTC.
func parseZone(b []byte) (float64, bool) {
	if len(b) == 0 || len(b) == 1 && b[0]|0x20 == 'z' {
		return 0, true
	}
	if len(b) == 5 && b[3] != ':' { // +0200
		b = append(append(make([]byte, 0, 6), b[:3]...), ':', b[3], b[4])
	}
	if len(b) != 6 || b[3] != ':' || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	hour, ok1 := digits(b[1:3])
	minute, ok2 := digits(b[4:6])
	if !ok1 || !ok2 || hour > 23 || minute > 59 {
		return 0, false
	}
	v := float64(hour*3600 + minute*60)
	if b[0] == '-' {
		v = -v
	}
	return v, true
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

// momentText writes seconds since 1970 UTC to the microsecond, which is about
// as far as a float64 reaches, or as a date.
func momentText(seconds float64, date bool) string {
	if math.Abs(seconds) > 1e15 {
		return "beyond time"
	}
	whole := math.Floor(seconds)
	micros := math.Round((seconds - whole) * 1e6)
	t := time.Unix(int64(whole), int64(micros)*1000).UTC()
	if date {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339Nano)
}
