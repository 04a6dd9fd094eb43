package oip

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// maxDepth bounds how deeply values nest that nobody asked for: skipping recurses.
const maxDepth = 32

// scanner reads one JSON text front to back. The first error sticks: from then
// on every method does nothing.
type scanner struct {
	data []byte
	at   int
	err  error
}

func (s *scanner) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("byte %d of the JSON: "+format, append([]any{s.at}, args...)...)
	}
}

// peek skips white space and returns the next byte, 0 at the end or after an
// error.
func (s *scanner) peek() byte {
	if s.err != nil {
		return 0
	}
	for ; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// open takes the opening bracket and reports whether an element follows.
func (s *scanner) open(bracket, closing byte) bool {
	if s.peek() != bracket {
		s.fail("want %q", bracket)
		return false
	}
	s.at++
	if s.peek() == closing {
		s.at++
		return false
	}
	return s.err == nil
}

// next reports whether another element follows, and takes what parts it from
// the one before.
func (s *scanner) next(closing byte) bool {
	switch s.peek() {
	case ',':
		s.at++
		if s.peek() == closing {
			s.fail("a value is missing after the comma")
		}
		return s.err == nil
	case closing:
		s.at++
		return false
	}
	s.fail("want a comma or %q", closing)
	return false
}

// key takes a key and the colon after it.
func (s *scanner) key() []byte {
	k := s.text()
	if s.err == nil && s.peek() != ':' {
		s.fail("want a colon after the key")
	}
	s.at++
	return k
}

// text takes a string, without its escapes. The result points into the data
// where there are none.
func (s *scanner) text() []byte {
	if s.peek() != '"' {
		s.fail("want a string")
		return nil
	}
	start := s.at
	for i := start + 1; i < len(s.data); i++ {
		switch c := s.data[i]; {
		case c == '"':
			s.at = i + 1
			return s.data[start+1 : i]
		case c == '\\':
			return s.escaped(start, i)
		case c < ' ':
			s.at = i
			s.fail("control characters in a string are escaped")
			return nil
		}
	}
	s.at = len(s.data)
	s.fail("a string has no closing quote")
	return nil
}

// escaped reads a string with escapes by the standard library, once its end is
// found.
func (s *scanner) escaped(start, i int) []byte {
	for ; i < len(s.data) && s.data[i] != '"'; i++ {
		if s.data[i] == '\\' {
			i++
		}
	}
	if i >= len(s.data) {
		s.at = len(s.data)
		s.fail("a string has no closing quote")
		return nil
	}
	var text string
	if err := json.Unmarshal(s.data[start:i+1], &text); err != nil {
		s.fail("a string has a wrong escape")
		return nil
	}
	s.at = i + 1
	return []byte(text)
}

// number is a number as it was sent.
type number struct {
	text []byte
	// digits are how many it has where it has neither a sign nor a fraction nor an
	// exponent, which nearly all integers are, else 0. value is it up to 19 digits.
	digits int
	value  uint64
}

// number takes a number.
func (s *scanner) number() number {
	s.peek()
	start, d := s.at, s.data
	i, n := start, number{}
	if i < len(d) && d[i] == '-' {
		i++
	}
	whole := i
	for i < len(d) && d[i]-'0' <= 9 {
		n.value = n.value*10 + uint64(d[i]-'0')
		i++
	}
	good := i > whole && (d[whole] != '0' || i == whole+1)
	if whole == start {
		n.digits = i - whole
	}
	if good && i < len(d) && d[i] == '.' {
		n.digits = 0
		i, good = digitsAfter(d, i+1)
	}
	if good && i < len(d) && d[i]|0x20 == 'e' {
		n.digits = 0
		if i++; i < len(d) && (d[i] == '+' || d[i] == '-') {
			i++
		}
		i, good = digitsAfter(d, i)
	}
	if !good || s.err != nil {
		s.fail("want a number")
		return number{}
	}
	s.at, n.text = i, d[start:i]
	return n
}

// digitsAfter steps over digits, and reports whether there are any.
func digitsAfter(d []byte, i int) (int, bool) {
	from := i
	for i < len(d) && d[i]-'0' <= 9 {
		i++
	}
	return i, i > from
}

// float takes a number as a float64. Every integer of up to 15 digits is one.
func (s *scanner) float() float64 {
	n := s.number()
	if s.err != nil {
		return 0
	}
	if n.digits > 0 && n.digits <= 15 {
		return float64(n.value)
	}
	text := n.text
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsInf(v, 0) {
		s.fail("the number is beyond what a 64-bit float holds")
	}
	return v
}

// integer takes a whole number of so many bits, also one written with a
// fraction of zeros.
func (s *scanner) integer(bits int, unsigned bool) int64 {
	n := s.number()
	if s.err != nil {
		return 0
	}
	most := uint64(1)<<(bits-1) - 1
	if unsigned {
		most = most<<1 + 1
	}
	if n.digits > 0 && n.digits <= 18 && n.value <= most {
		return int64(n.value) //nolint:gosec // below 10^18
	}
	return s.longer(n.text, bits, unsigned)
}

// longer is integer for whatever has a sign, a fraction, an exponent or many digits.
func (s *scanner) longer(text []byte, bits int, unsigned bool) int64 {
	if unsigned {
		if v, err := strconv.ParseUint(string(text), 10, bits); err == nil {
			return int64(v) //nolint:gosec // the reader of UINT64 turns it back
		}
	} else if v, err := strconv.ParseInt(string(text), 10, bits); err == nil {
		return v
	}
	v, err := strconv.ParseFloat(string(text), 64)
	least, most := -math.Ldexp(1, bits-1), math.Ldexp(1, bits-1)
	if unsigned {
		least, most = 0, math.Ldexp(1, bits)
	}
	// From 2^53 on a float64 does not say which integer was meant.
	if err != nil || v != math.Trunc(v) || v < least || v >= most || math.Abs(v) >= 1<<53 {
		s.fail("want an integer of %d bits", bits)
		return 0
	}
	return int64(v)
}

// word takes true, false or null and reports whether it was there.
func (s *scanner) word(w string) bool {
	s.peek()
	if s.err != nil || len(s.data)-s.at < len(w) || string(s.data[s.at:s.at+len(w)]) != w {
		return false
	}
	s.at += len(w)
	return true
}

// flag takes true or false.
func (s *scanner) flag() bool {
	if s.word("true") {
		return true
	}
	if !s.word("false") {
		s.fail("want true or false")
	}
	return false
}

// skip takes any value.
func (s *scanner) skip(depth int) {
	switch c := s.peek(); {
	case s.err != nil:
	case depth == 0:
		s.fail("values nest more than %d deep", maxDepth)
	case c == '"':
		s.text()
	case c == '{':
		for more := s.open('{', '}'); more; more = s.next('}') {
			s.key()
			s.skip(depth - 1)
		}
	case c == '[':
		for more := s.open('[', ']'); more; more = s.next(']') {
			s.skip(depth - 1)
		}
	case c == '-' || c-'0' <= 9:
		s.number()
	case !s.word("null") && !s.word("true") && !s.word("false"):
		s.fail("want a value")
	}
}
