package starter

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quote writes text as a CUE string. Everything that does not print is escaped:
// a byte order mark inside of a file, say, does not parse.
func quote(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == utf8.RuneError || r != ' ' && unicode.IsSpace(r) || !unicode.IsPrint(r):
			fmt.Fprintf(&out, `\U%08X`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// comment writes text for a comment: in quotes, on one line, not too long.
func comment(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "..."
	}
	return quote(text)
}

// wrapped writes sentences as comment lines below an indent of that many tabs.
func wrapped(tabs int, text string) string {
	const width = 90
	indent := strings.Repeat("\t", tabs) + "//"
	var out strings.Builder
	at := width + 1
	for _, word := range strings.Fields(text) {
		if n := utf8.RuneCountInString(word); at+1+n > width {
			out.WriteString("\n" + indent)
			at = 0
		}
		out.WriteString(" " + word)
		at += 1 + utf8.RuneCountInString(word)
	}
	return out.String()
}
