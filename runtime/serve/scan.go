package serve

import (
	"fmt"
	"strconv"
)

// maxDepth bounds how deeply values may nest that nobody asked for.
// skip recurses once for each level, so that without a bound a body of brackets
// could exhaust the stack, which ends the process.
const maxDepth = 16

// scanner reads one JSON text (RFC 8259) front to back. The first error sticks:
// from then on every method does nothing and reports false.
//
// encoding/json would parse into values of its own and report byte offsets that
// do not lead to a row and a field. This one hands out slices of the data, which
// allocate nothing.
type scanner struct {
	data    []byte
	pos     int
	scratch []byte // a text with escapes, unescaped
	fault   string // what is wrong; "" while all is well
	faultAt int
}

func (s *scanner) reset(data []byte) { s.data, s.pos, s.fault = data, 0, "" }

func (s *scanner) ok() bool { return s.fault == "" }

// fail notes an error at a position of the text.
// Its result is always false, for callers to return.
func (s *scanner) fail(at int, format string, args ...any) bool {
	if s.fault == "" {
		s.fault, s.faultAt = fmt.Sprintf(format, args...), at
	}
	return false
}

// unexpected notes that the next byte does not begin what was wanted.
// What Python's json writes for NaN and infinities, and single quotes, are the
// mistakes that clients make most; they get their own message.
func (s *scanner) unexpected(want string) bool {
	if s.pos >= len(s.data) {
		return s.fail(s.pos, "the text ends where %s should be", want)
	}
	switch c := s.data[s.pos]; {
	case c == 'N' || c == 'I' || c == 'i':
		return s.fail(s.pos, "NaN and Infinity are not valid JSON; write null for a missing value")
	case c == '\'':
		return s.fail(s.pos, "strings need double quotes")
	default:
		return s.fail(s.pos, "want %s", want)
	}
}

// space skips white space and returns the byte that follows, 0 at the end and
// after an error.
// A NUL byte in the data also yields 0; it begins no value, so callers report it
// either way.
func (s *scanner) space() byte {
	if s.fault != "" {
		return 0
	}
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// first steps into an array or object, whose opening bracket is next, and
// reports whether it has an element. The element is next.
//
// first and next are the two halves of a loop:
//
// for more := s.first(']'); more; more = s.next(']') { ... }
//
// The body of the loop must step over one element. After a fault both report
// false, so the loop ends by itself.
func (s *scanner) first(closing byte) bool {
	s.pos++
	if s.space() == closing {
		s.pos++
		return false
	}
	return s.ok()
}

// next steps to the following element and reports whether there is one, having
// stepped out of the array or object where there is none.
func (s *scanner) next(closing byte) bool {
	switch s.space() {
	case ',':
		s.pos++
		if s.space() == closing {
			return s.fail(s.pos, "a comma is not allowed before a closing %c", closing)
		}
		return s.ok()
	case closing:
		s.pos++
		return false
	}
	return s.unexpected("a comma or a closing " + string(rune(closing)))
}

// key reads an object's key and the colon after it. The text is valid until
// the next text is read.
// It returns nil after a fault; an empty key is not nil.
func (s *scanner) key() []byte {
	if s.space() != '"' {
		s.unexpected("a key in double quotes")
		return nil
	}
	key, ok := s.text()
	if !ok {
		return nil
	}
	if s.space() != ':' {
		s.unexpected("a colon")
		return nil
	}
	s.pos++
	return key
}

// word reads true, false or null.
func (s *scanner) word(w string) bool {
	if s.fault != "" {
		return false
	}
	if len(s.data)-s.pos < len(w) || string(s.data[s.pos:s.pos+len(w)]) != w {
		return s.fail(s.pos, "want a value; unquoted, only true, false, null and numbers are")
	}
	s.pos += len(w)
	return true
}

// number reads a number. It returns its text too, valid while the data is, and
// an infinity where the number is beyond a float64.
func (s *scanner) number() (text []byte, v float64, ok bool) {
	start, d := s.pos, s.data
	i := start
	if i < len(d) && d[i] == '-' {
		i++
	}
	// n overflows silently beyond 19 digits; it is used for up to 15 only.
	digits, n := i, uint64(0)
	for i < len(d) && d[i]-'0' <= 9 {
		n = n*10 + uint64(d[i]-'0')
		i++
	}
	if i == digits {
		s.pos = i
		return nil, 0, s.unexpected("a digit")
	}
	if d[digits] == '0' && i > digits+1 {
		return nil, 0, s.fail(start, "a number has no zero before its other digits")
	}
	whole := i
	if i, ok = s.fraction(i); !ok {
		return nil, 0, false
	}
	s.pos = i
	// Every integer of up to 15 digits is a float64 exactly. -0 goes to ParseFloat:
	// an integer has no sign at zero.
	if i == whole && i-digits <= 15 && (n != 0 || digits == start) { // exact, and by far the most frequent
		v = float64(n)
		if digits > start {
			v = -v
		}
		return d[start:i], v, true
	}
	v, _ = strconv.ParseFloat(string(d[start:i]), 64) // the grammar is checked; beyond range it is an infinity
	return d[start:i], v, true
}

// fraction steps over a number's fraction and exponent from i on.
// It checks the grammar of RFC 8259, which wants digits after a point and after
// an exponent; strconv.ParseFloat alone would also take "1.".
func (s *scanner) fraction(i int) (int, bool) {
	d := s.data
	run := func() bool {
		from := i
		for i < len(d) && d[i]-'0' <= 9 {
			i++
		}
		return i > from
	}
	if i < len(d) && d[i] == '.' {
		i++
		if !run() {
			return i, s.fail(i, "digits follow a decimal point")
		}
	}
	if i < len(d) && d[i]|0x20 == 'e' {
		i++
		if i < len(d) && (d[i] == '+' || d[i] == '-') {
			i++
		}
		if !run() {
			return i, s.fail(i, "digits follow an exponent's e")
		}
	}
	return i, true
}

// skip steps over a value of any kind, nested at most depth levels.
func (s *scanner) skip(depth int) {
	switch c := s.space(); {
	case c == '"':
		s.text()
	case c == '-' || c-'0' <= 9:
		s.number()
	case c == 't':
		s.word("true")
	case c == 'f':
		s.word("false")
	case c == 'n':
		s.word("null")
	case (c == '[' || c == '{') && depth == 0:
		s.fail(s.pos, "values nest more than %d deep", maxDepth)
	case c == '[':
		for more := s.first(']'); more; more = s.next(']') {
			s.skip(depth - 1)
		}
	case c == '{':
		for more := s.first('}'); more; more = s.next('}') {
			s.key()
			s.skip(depth - 1)
		}
	default:
		s.unexpected("a value")
	}
}
