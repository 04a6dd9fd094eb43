package literal

import (
	"bytes"
	"math"
	"math/big"
	"strconv"
)

// two64 is 2^64.
const two64 = 1 << 64

// exactInteger splits the integer of that sign and magnitude into the nearest
// float64 and what it is away from it: at most 1024, since neighbouring float64
// below 2^64 are at most 2048 apart. It reports false for one that neither a
// signed nor an unsigned 64-bit integer holds.
func exactInteger(negative bool, magnitude uint64) (v float64, low int16, ok bool) {
	if negative && magnitude > 1<<63 {
		return 0, 0, false
	}
	v = float64(magnitude)
	// Unsigned subtraction wraps, and so gives the signed difference, also
	// where v is 2^64 and its bits are 0.
	low = int16(int64(magnitude - floatBits(v))) //nolint:gosec // at most 1024, see above
	if negative {
		return -v, -low, true
	}
	return v, low, true
}

// floatBits returns a whole float64 from 0 to 2^64, modulo 2^64.
func floatBits(v float64) uint64 {
	if v >= two64 {
		return 0
	}
	return uint64(v)
}

// IntegerText writes the integer that a column holds as v and low.
func IntegerText(v float64, low int16) string {
	if v < 0 {
		m := floatBits(-v) - uint64(int64(low))
		return "-" + strconv.FormatUint(m, 10)
	}
	return strconv.FormatUint(floatBits(v)+uint64(int64(low)), 10)
}

// ParseInteger reads an integer of at most 64 bits, signed or unsigned; 3.0 and
// 3e2 are integers too.
//
// Three ways, from the fastest to the slowest: up to 15 digits are exact in a
// float64; plain digits of 64 bits; and anything with an exponent, by
// rationals.
func ParseInteger(b []byte) (v float64, low int16, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	if v, end, ok := ScanNumber(b, 0); ok && end == len(b) && end <= ExactDigits && Integral(v) {
		return v, 0, true
	}
	text, negative := b, false
	if text[0] == '-' || text[0] == '+' {
		negative, text = text[0] == '-', text[1:]
	}
	whole, fraction, _ := bytes.Cut(text, []byte{'.'})
	if m, ok := digits64(whole); ok && len(bytes.Trim(fraction, "0")) == 0 && len(whole)+len(fraction) > 0 {
		return exactInteger(negative, m)
	}
	return exactSlow(b)
}

// digits64 reads decimal digits of at most 64 bits; none are 0.
func digits64(b []byte) (m uint64, ok bool) {
	if b = bytes.TrimLeft(b, "0"); len(b) == 0 {
		return 0, true
	}
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
	}
	m, err := strconv.ParseUint(string(b), 10, 64)
	return m, err == nil
}

// exactSlow decides with rationals whether the text of a number is an integer.
// Exponents are bounded first: a rational of 1e999999999 would not end.
func exactSlow(b []byte) (v float64, low int16, ok bool) {
	e := bytes.IndexAny(b, "eE")
	if len(b) > 400 || e < 0 || len(bytes.TrimLeft(b[e+1:], "+-0")) > 3 {
		return 0, 0, false
	}
	if _, ok := ParseNumber(b); !ok {
		return 0, 0, false
	}
	r, ok := new(big.Rat).SetString(string(b))
	if !ok || !r.IsInt() || r.Num().BitLen() > 64 {
		return 0, 0, false
	}
	return exactInteger(r.Sign() < 0, new(big.Int).Abs(r.Num()).Uint64())
}

// keepsDigits reports whether the text of a number from 2^53 up loses nothing as
// v, the float64 nearest to it: it is that number, or the shortest text of it,
// or has an exponent, which says that it is rounded.
func keepsDigits(b []byte, v float64) bool {
	if bytes.ContainsAny(b, "eE") {
		return true
	}
	whole, fraction, _ := bytes.Cut(b, []byte{'.'})
	if len(bytes.Trim(fraction, "0")) > 0 {
		return false
	}
	text, v := string(bytes.TrimLeft(whole, "+-0")), math.Abs(v)
	return text == strconv.FormatFloat(v, 'f', 0, 64) || text == strconv.FormatFloat(v, 'f', -1, 64)
}
