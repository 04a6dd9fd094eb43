package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// tree reads the next value as encoding/json would put it into an any, with
// nothing but the scanner.
func tree(s *scanner, depth int) any {
	switch c := s.space(); {
	case (c == '[' || c == '{') && depth == 0:
		s.skip(0)
		return nil
	case c == '[':
		list := []any{}
		for more := s.first(']'); more; more = s.next(']') {
			list = append(list, tree(s, depth-1))
		}
		return list
	case c == '{':
		object := map[string]any{}
		for more := s.first('}'); more; more = s.next('}') {
			key := string(s.key())
			object[key] = tree(s, depth-1)
		}
		return object
	case c == '"':
		text, _ := s.text()
		return string(text)
	case c == '-' || c-'0' <= 9:
		_, v, _ := s.number()
		return v
	case c == 't':
		return s.word("true")
	case c == 'f':
		return !s.word("false")
	}
	s.skip(depth)
	return nil
}

// reference reads the text with encoding/json. ok is false where it is no JSON,
// no UTF-8, or too deep.
func reference(text []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if !json.Valid(text) || !utf8.Valid(text) || d.Decode(&v) != nil {
		return nil, false
	}
	return floats(v, 0)
}

// floats turns numbers into float64, those beyond it into infinities.
func floats(v any, depth int) (any, bool) {
	ok := depth <= maxDepth
	switch v := v.(type) {
	case json.Number:
		f, err := strconv.ParseFloat(v.String(), 64)
		return f, err == nil || errors.Is(err, strconv.ErrRange)
	case []any:
		for i := range v {
			fine := false
			v[i], fine = floats(v[i], depth+1)
			ok = ok && fine
		}
		return v, ok && depth < maxDepth
	case map[string]any:
		for k := range v {
			fine := false
			v[k], fine = floats(v[k], depth+1)
			ok = ok && fine
		}
		return v, ok && depth < maxDepth
	}
	return v, ok
}

// both reads a text with the scanner, as a whole and step by step, and with
// encoding/json, and fails where they do not agree.
func both(t *testing.T, text []byte) {
	t.Helper()
	w := &worker{}
	w.scan.reset(text)
	w.scan.skip(maxDepth)
	w.end()
	skipped := w.scan.fault
	w.scan.reset(text)
	got := tree(&w.scan, maxDepth)
	w.end()
	want, ok := reference(text)
	switch {
	case skipped != w.scan.fault:
		t.Errorf("%q: %q when skipped, %q when read", text, skipped, w.scan.fault)
	case ok != w.scan.ok():
		t.Errorf("%q: fault %q, encoding/json takes it: %v", text, w.scan.fault, ok)
	case ok && !reflect.DeepEqual(got, want):
		t.Errorf("%q: %#v, want %#v", text, got, want)
	case !ok && (w.scan.faultAt < 0 || w.scan.faultAt > len(text)):
		t.Errorf("%q: a fault at byte %d", text, w.scan.faultAt)
	}
}

// texts are JSON, and near misses.
func texts() []string {
	return []string{
		`{"features": [30, 129.5, "rent", "1", true, null]}`, `[]`, `{}`, `[[]]`, `[{}]`, ` [ 1 , 2 ] `, "\t\r\n1\n",
		`0`, `-0`, `-1`, `1.5`, `1e3`, `1E+3`, `-1.25e-7`, `123456789012345`, `1234567890123456`,
		`9007199254740993`, `18446744073709551616`,
		`1e308`, `1e309`, `-1e999`, `1e-999`, `5e-324`, `0.1`, `1.7976931348623157e308`, strings.Repeat("9", 400),
		"0." + strings.Repeat("0", 400) + "1",
		`01`, `-`, `-01`, `1.`, `.5`, `1e`, `1e+`, `+1`, `0x10`, `1_000`, `NaN`, `Infinity`, `-Infinity`,
		`nan`, `1 2`, `--1`, `1-`,
		`"a"`, `""`, `"é"`, `"\u00e9"`, `"\u00E9\n\t\b\f\r\/\\\""`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`,
		`"\ude00\ud83d"`, `"\ud83d\u0041"`, `"\ud83d\ud83d\ude00"`,
		`"`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, "\"a\nb\"", "\"\x00\"", "\"\x7f\"", "\"\xff\"", "\"\xc3\"",
		"\"\xed\xa0\x80\"", `'a'`, "\"\xe2\x80\xa8\"", `"\uD83D\uDE0"`,
		`true`, `tru`, `truee`, `True`, `false`, `null`, `nul`, `nil`, `[true,false,null]`,
		`[1,]`, `[,1]`, `[1 2]`, `[1`, `[`, `]`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`,
		`{"a":1,"a":2}`, `{1:2}`, `{"a":1`, `{"":""}`, `{"\u0061":1}`,
		``, ` `, "\x00", "\ufeff1", "1\x00", `1,`, `{}{}`, `[1]x`, `// no`, `[1] // no`, "\v1",
		strings.Repeat("[", 16) + strings.Repeat("]", 16), strings.Repeat("[", 17) + strings.Repeat("]", 17),
		strings.Repeat(`{"a":`, 16) + `1` + strings.Repeat("}", 16),
		strings.Repeat("[", 100000), strings.Repeat(`{"a":`, 50000),
	}
}

func TestTheReaderTakesWhatEncodingJSONTakes(t *testing.T) {
	for _, text := range texts() {
		both(t, []byte(text))
	}
}

func FuzzReaderAgreesWithEncodingJSON(f *testing.F) {
	for _, text := range texts() {
		f.Add([]byte(text))
	}
	f.Fuzz(both)
}

func TestWhatIsWrongIsSaidWhereItIs(t *testing.T) {
	for text, want := range map[string]struct {
		at   int
		says string
	}{
		`[1, NaN]`:              {4, "NaN and Infinity are not valid JSON; write null for a missing value"},
		`[-Infinity]`:           {2, "NaN and Infinity are not valid JSON"},
		`{'a': 1}`:              {1, "strings need double quotes"},
		`[1, 2,]`:               {6, "a comma is not allowed before a closing ]"},
		`[01]`:                  {1, "no zero before its other digits"},
		`[1.]`:                  {3, "digits follow a decimal point"},
		`[1e]`:                  {3, "digits follow an exponent's e"},
		`[nil]`:                 {1, "unquoted, only true, false, null and numbers are"},
		`["a`:                   {3, "no closing quote"},
		"[\"a\tb\"]":            {3, "control characters in a text are escaped"},
		"[\"\xff\"]":            {2, "not UTF-8"},
		`["\q"]`:                {2, "a backslash must be followed by one of"},
		`["\u00g0"]`:            {2, "four hexadecimal digits"},
		`[1 2]`:                 {3, "want a comma or a closing ]"},
		`{"a" 1}`:               {5, "want a colon"},
		`[1`:                    {2, "the text ends where a comma or a closing ] should be"},
		`[1] 2`:                 {4, "something follows the request's end"},
		strings.Repeat("[", 40): {16, "values nest more than 16 deep"},
	} {
		w := &worker{}
		w.scan.reset([]byte(text))
		w.scan.skip(maxDepth)
		w.end()
		if w.scan.faultAt != want.at || !strings.Contains(w.scan.fault, want.says) {
			t.Errorf("%q: at %d: %s; want at %d: %s", text, w.scan.faultAt, w.scan.fault, want.at, want.says)
		}
	}
}
