package plan

import (
	"fmt"
	"strings"
)

// Counted writes a number with its noun: 1 entry, 2 entries.
func Counted[N ~int | ~int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %s", n, Plural(noun))
}

// Plural returns the plural of a regular English noun, of which the last word
// is the one that changes.
func Plural(noun string) string {
	for _, end := range []string{"s", "x", "ch", "sh"} {
		if strings.HasSuffix(noun, end) {
			return noun + "es"
		}
	}
	if s, ok := strings.CutSuffix(noun, "y"); ok && !strings.HasSuffix(s, "a") && !strings.HasSuffix(s, "e") &&
		!strings.HasSuffix(s, "o") {
		return s + "ies"
	}
	return noun + "s"
}
