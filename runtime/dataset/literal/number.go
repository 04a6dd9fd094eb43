package literal

import (
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// pow10 are the powers of ten that a float64 holds exactly, pow5 those of five
// that a uint64 does. They are tables, never written.
var (
	pow10 = [...]float64{
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
	}
	pow5 = [...]uint64{
		1, 5, 25, 125, 625, 3125, 15625, 78125, 390625, 1953125, 9765625, 48828125, 244140625, 1220703125,
		6103515625, 30517578125, 152587890625, 762939453125, 3814697265625, 19073486328125, 95367431640625,
		476837158203125, 2384185791015625, 11920928955078125, 59604644775390625, 298023223876953125,
		1490116119384765625, 7450580596923828125,
	}
)

const (
	// MaxExact is the largest integer below which every integer is a float64.
	MaxExact = 1 << 53
	// ExactDigits is how many digits a float64 always tells apart.
	ExactDigits = 15
	// maxDigits is how many digits a uint64 always holds.
	maxDigits = 19
)

// ScanNumber reads a decimal (sign, digits, point, digits, exponent) at b[i:]
// and returns the nearest float64 and the index after it. It reports false for
// anything that it cannot convert exactly, which says nothing about whether it
// is a number.
//
// It is the inner loop of reading CSV. b must have a byte at i, which it has in
// a chunk, as that ends in a newline. m may overflow in the loops; the count of
// digits tells after them, and the result is then not used.
func ScanNumber(b []byte, i int) (v float64, end int, ok bool) {
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
	if digits == 0 || digits > maxDigits && digits-leadingZeros(b[start:i]) > maxDigits {
		return 0, i, false
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		var exponent int
		if exponent, i, ok = scanExponent(b, i+1); !ok {
			return 0, i, false
		}
		scale -= exponent
	}
	// The usual case: few digits and a small scale, one exact division.
	if m <= MaxExact && uint(scale) < uint(len(pow10)) {
		v, ok = float64(m)/pow10[scale], true
	} else {
		v, ok = scaled(m, scale)
	}
	if neg {
		v = -v
	}
	return v, i, ok
}

// leadingZeros counts the digits before the first that is not 0.
func leadingZeros(b []byte) (n int) {
	for _, c := range b {
		switch c {
		case '0':
			n++
		case '.':
		default:
			return n
		}
	}
	return n
}

// scanExponent reads a sign and up to three digits.
//
// A fourth digit is left unread, so the caller finds that the number does not
// end there and reads it the slow way.
func scanExponent(b []byte, i int) (v, end int, ok bool) {
	neg := false
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		neg = b[i] == '-'
		i++
	}
	start := i
	for ; i < len(b) && b[i]-'0' <= 9 && i < start+3; i++ {
		v = v*10 + int(b[i]-'0')
	}
	if neg {
		v = -v
	}
	return v, i, i > start
}

// scaled returns the float64 nearest to m / 10^scale where that takes one
// rounding. Up to 2^53 and 10^22 one float64 operation on exact operands is it
// (W. D. Clinger, How to Read Floating Point Numbers Accurately, 1990); down to
// 10^-27 the division is done in integers and its remainder decides.
func scaled(m uint64, scale int) (float64, bool) {
	switch {
	case scale == 0 || m == 0:
		return float64(m), true
	case scale > 0 && scale < len(pow5):
		return quotient(m, scale), true
	case scale < 0 && -scale < len(pow10) && m <= MaxExact:
		return float64(m) * pow10[-scale], true
	}
	return 0, false
}

// quotient returns m / (5^scale 2^scale) rounded to nearest, ties to even. Both
// operands are shifted to fill 64 bits, so the 128-bit quotient has 64
// significant bits; 53 are kept and 11, with the remainder, decide.
//
// bits.Div64 needs the high half below the divisor; where it is not, the
// dividend is shifted by one more and the exponent follows. The result is
// normal: m is not 0, and scale is too small for subnormal numbers.
func quotient(m uint64, scale int) float64 {
	d := pow5[scale]
	shift, dShift := bits.LeadingZeros64(m), bits.LeadingZeros64(d)
	hi, lo := m<<shift, uint64(0)
	d <<= dShift
	exponent := dShift - shift - scale - 64 + 11
	if hi >= d {
		hi, lo = hi>>1, hi<<63
		exponent++
	}
	q, rest := bits.Div64(hi, lo, d)
	low := q & 0x7ff
	q >>= 11
	if low > 0x400 || low == 0x400 && (rest != 0 || q&1 != 0) {
		q++
	}
	return float64(q) * math.Float64frombits(uint64(1023+exponent)<<52)
}

// ParseNumber reads a decimal number, with an exponent or without. It reports
// false for anything else: hexadecimal, underscores, NaN, infinities, what is
// beyond float64's range, and digits beyond 2^53 that a float64 would lose.
//
// strconv accepts more than decimals, so the characters are checked before it
// is asked.
func ParseNumber(b []byte) (float64, bool) {
	if len(b) == 0 {
		return 0, false
	}
	if v, end, ok := ScanNumber(b, 0); ok && end == len(b) {
		return v, math.Abs(v) < MaxExact || keepsDigits(b, v)
	}
	for _, c := range b {
		if c-'0' > 9 && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			return 0, false
		}
	}
	text := unsafe.String(&b[0], len(b)) //nolint:gosec // only read while b is, without a copy for every value
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && (math.Abs(v) < MaxExact || keepsDigits(b, v))
}

// Integral reports whether a number is whole and one that float64 tells apart.
func Integral(v float64) bool { return math.Abs(v) <= MaxExact && v == math.Trunc(v) }

// NumberText writes a number without an exponent where that is readable, as
// JSON and JavaScript do, so that what takes 12345678 for an integer finds one.
func NumberText(v float64) string {
	if a := math.Abs(v); a == 0 || a >= 1e-6 && a < 1e21 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
