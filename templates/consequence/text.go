package consequence

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// The bounds on texts from a blueprint, in bytes.
const (
	maxSubject = 120
	maxMessage = 600
	maxValue   = 120
)

// printable writes what cannot be seen as an escape, so that a blueprint's text
// can neither drive a terminal, nor turn the reading order, nor begin a line.
// Format characters (Cf), which reverse the reading order or are invisible, and
// spaces other than the common one are escaped. It stops after most bytes, within one
// escape.
func printable(s string, most int) string {
	var out strings.Builder
	for _, r := range s {
		if out.Len() >= most {
			out.WriteString("...")
			break
		}
		if r == ' ' || unicode.IsGraphic(r) && !unicode.Is(unicode.Zs, r) && !unicode.Is(unicode.Cf, r) {
			out.WriteRune(r)
			continue
		}
		fmt.Fprintf(&out, `\u%04x`, r)
	}
	return out.String()
}

// shown is a value for people.
// Texts are shown as they are and everything else as JSON.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case string:
		if v == "" {
			return "none"
		}
		return printable(v, maxValue)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return printable(string(text), maxValue)
}

// some lists the first few.
func some(all []string) string {
	const few = 3
	if len(all) <= few {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:few], ", "), len(all)-few)
}
