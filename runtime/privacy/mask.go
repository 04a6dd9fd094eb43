package privacy

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// MaskText keeps spaces and ASCII punctuation, turns each digit into 9 and
// everything else, a letter above all, into x: "Ada L. (36)" is "xxx x. (99)".
// The length in characters is kept.
//
// Bytes that are not valid UTF-8 become x, one each. Control characters do too,
// so that a masked text is always printable. The result of masking a masked
// text is the same text.
func MaskText(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '0' && c <= '9' || unicode.IsDigit(c):
			return '9'
		case c == ' ' || c < 0x80 && !(c|0x20 >= 'a' && c|0x20 <= 'z') && unicode.IsPrint(c):
			return c
		}
		return 'x'
	}, s)
}

// MaskNumber keeps the sign and the order of magnitude: 4711 is 1000, -0.42 is
// -0.1, and 0, infinities and NaN, which is a missing value, are themselves.
//
// It goes by the decimal text and not by math.Log10, whose rounding puts some
// powers of ten into the wrong decade.
func MaskNumber(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return v
	}
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], math.Abs(v), 'e', -1, 64)
	for i, c := range text {
		if c == 'e' {
			// The decimal that is nearest to the power of ten, as a reader would have it.
			power, err := strconv.ParseFloat("1"+string(text[i:]), 64)
			if err != nil {
				break
			}
			return math.Copysign(power, v)
		}
	}
	return math.Copysign(0, v) // not reached: 'e' is always there
}

// MaskTime keeps the year, in UTC, of seconds since 1970.
//
// Times beyond about a million years from now are left as they are: they are
// not timestamps, and the largest float64 would not fit into an int64.
func MaskTime(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) > 1<<45 {
		return v
	}
	year := time.Unix(int64(math.Floor(v)), 0).UTC().Year()
	return float64(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Unix())
}
