package serve

import (
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a text whose opening quote is next, and returns it unescaped. It
// is valid until the next text is read.
//
// Plain ASCII without escapes, by far the most frequent, is returned as a slice
// of the data. Anything else is copied into scratch from the first such byte on.
func (s *scanner) text() ([]byte, bool) {
	if s.fault != "" {
		return nil, false
	}
	start := s.pos + 1
	for i := start; i < len(s.data); i++ {
		switch c := s.data[i]; {
		case c == '"':
			s.pos = i + 1
			return s.data[start:i], true
		case c == '\\' || c >= utf8.RuneSelf:
			s.scratch = append(s.scratch[:0], s.data[start:i]...)
			return s.slowText(i)
		case c < ' ':
			return nil, s.control(i)
		}
	}
	return nil, s.unended()
}

// control reports a raw control character; RFC 8259 forbids those below U+0020.
func (s *scanner) control(at int) bool {
	return s.fail(at, "control characters in a text are escaped, such as \\n")
}

func (s *scanner) unended() bool { return s.fail(len(s.data), "a text has no closing quote") }

// slowText goes on at i with a text that has escapes or is not all ASCII.
// UTF-8 is checked here as encoding/json does not: it replaces bad bytes, which
// would turn two categories into the same text.
func (s *scanner) slowText(i int) ([]byte, bool) {
	for i < len(s.data) {
		switch c := s.data[i]; {
		case c == '"':
			s.pos = i + 1
			return s.scratch, true
		case c == '\\':
			n := s.escape(i)
			if n == 0 {
				return nil, false
			}
			i += n
		case c < ' ':
			return nil, s.control(i)
		case c < utf8.RuneSelf:
			s.scratch = append(s.scratch, c)
			i++
		default:
			r, n := utf8.DecodeRune(s.data[i:])
			if r == utf8.RuneError && n == 1 {
				return nil, s.fail(i, "the text is not UTF-8")
			}
			s.scratch = append(s.scratch, s.data[i:i+n]...)
			i += n
		}
	}
	return nil, s.unended()
}

// escape unescapes what is at i, a backslash, and returns its length, 0
// where it is none.
func (s *scanner) escape(i int) int {
	if i+1 >= len(s.data) {
		s.unended()
		return 0
	}
	c := s.data[i+1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return s.escapedRune(i)
	default:
		s.fail(i, "a backslash must be followed by one of \" \\ / b f n r t u")
		return 0
	}
	s.scratch = append(s.scratch, c)
	return 2
}

// escapedRune unescapes \uXXXX or a pair of surrogates. A surrogate alone
// becomes U+FFFD, as encoding/json has it.
func (s *scanner) escapedRune(i int) int {
	r, ok := hex4(s.data, i)
	if !ok {
		s.fail(i, "four hexadecimal digits follow \\u")
		return 0
	}
	n := 6
	if utf16.IsSurrogate(r) {
		// DecodeRune yields U+FFFD for what is not a pair. The second escape
		// is then left where it is, to be read on its own.
		r2, ok := hex4(s.data, i+6)
		pair := utf16.DecodeRune(r, r2)
		if r = utf8.RuneError; ok && pair != utf8.RuneError {
			r, n = pair, 12
		}
	}
	s.scratch = utf8.AppendRune(s.scratch, r)
	return n
}

// hex4 reads \uXXXX at i.
func hex4(d []byte, i int) (rune, bool) {
	if i+6 > len(d) || d[i] != '\\' || d[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range d[i+2 : i+6] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
