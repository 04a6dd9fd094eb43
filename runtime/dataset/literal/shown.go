package literal

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxShown bounds how many bytes of a bad value a problem shows.
const MaxShown = 80

// Shown returns the beginning of a bad value as a problem shows it.
//
// The cut is at the beginning of a character, so that valid UTF-8 stays valid.
func Shown(b []byte) string {
	if len(b) <= MaxShown {
		return string(b)
	}
	end := MaxShown - len("…")
	for end > 0 && !utf8.RuneStart(b[end]) {
		end--
	}
	return string(b[:end]) + "…"
}

// Quoted writes the first few of a list in quotes, and how many more there are.
func Quoted(list []string, most int) string {
	var out []string
	for _, s := range list[:min(len(list), most)] {
		out = append(out, fmt.Sprintf("%q", Shown([]byte(s))))
	}
	if len(list) > most {
		out = append(out, fmt.Sprintf("and %d more", len(list)-most))
	}
	return strings.Join(out, ", ")
}
