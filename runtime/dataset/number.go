package dataset

import (
	"bytes"
	"math"
	"strconv"
	"unsafe"
)

// pow10 are the powers of ten that a float64 holds exactly. It is a table, never
// written.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// maxExact is the largest integer below which every integer is a float64.
const maxExact = 1 << 53

// scanNumber reads a plain decimal (sign, digits, point, digits) at b[i:] and
// returns its value and the index after it. It reports false for anything that
// it cannot convert exactly, which says nothing about whether it is a number.
//
// A mantissa up to 2^53 divided by a power of ten up to 10^22 is one correctly
// rounded operation on exact operands, so the result is the nearest float64, as
// strconv's is (W. D. Clinger, How to Read Floating Point Numbers Accurately,
// 1990). b must hold a byte that is neither a digit nor a point after the number.
func scanNumber(b []byte, i int) (v float64, end int, ok bool) {
	neg := b[i] == '-'
	if neg {
		i++
	}
	var m uint64
	start := i
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		m = m*10 + uint64(b[i]-'0')
	}
	digits, scale := i-start, 0
	if i < len(b) && b[i] == '.' {
		point := i
		for i++; i < len(b) && b[i]-'0' <= 9; i++ {
			m = m*10 + uint64(b[i]-'0')
		}
		scale = i - point - 1
		digits += scale
	}
	if uint(digits-1) > 18 || m > maxExact {
		return 0, i, false
	}
	v = float64(m)
	if scale != 0 {
		v /= pow10[scale]
	}
	if neg {
		v = -v
	}
	return v, i, true
}

// parseNumber reads a decimal number, with an exponent or without. It reports
// false for anything else: hexadecimal, underscores, NaN, infinities, and what
// is beyond float64's range.
func parseNumber(b []byte) (float64, bool) {
	if len(b) == 0 {
		return 0, false
	}
	if v, end, ok := scanNumber(b, 0); ok && end == len(b) {
		return v, true
	}
	for _, c := range b {
		if c-'0' > 9 && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(unsafe.String(&b[0], len(b)), 64)
	return v, err == nil
}

// parseInteger reads an integer of at most 2^53 in magnitude; 3.0 is one.
func parseInteger(b []byte) (float64, bool) {
	v, ok := parseNumber(b)
	return v, ok && integral(v) && exactText(b)
}

func integral(v float64) bool { return math.Abs(v) <= maxExact && v == math.Trunc(v) }

// exactText reports whether a number's text has no digits that rounding to a
// float64 could have swallowed, as 9007199254740993 reads as 2^53. A mantissa
// up to 2^53 keeps its digits apart from any integer.
func exactText(b []byte) bool {
	if len(b) <= 15 && bytes.IndexAny(b, "eE") < 0 {
		return true
	}
	if _, end, ok := scanNumber(b, 0); ok && end == len(b) {
		return true
	}
	return exactSlow(b)
}
