package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/ashlar-dev/ashlar/policies"
)

// Text writes findings for people: the place, the rule and what was found,
// and below it why it matters and what to change. paint colours a word by the
// level that it speaks of.
//
// Exempt findings are one line and the exemption, without advice.
func Text(w io.Writer, findings []policies.Finding, paint func(level, word string) string) error {
	var out strings.Builder
	for _, f := range findings {
		line := f.String()
		for _, word := range []string{"mandatory", "remediate", "advisory", "undecided", "exempt"} {
			if before, after, ok := strings.Cut(line, word+" "+f.Policy); ok {
				line = before + paint(word, word) + " " + f.Policy + after
				break
			}
		}
		out.WriteString(line)
		if len(f.Environments) > 0 {
			fmt.Fprintf(&out, " (%s)", strings.Join(f.Environments, ", "))
		}
		out.WriteString("\n")
		if f.Exempt != nil {
			fmt.Fprintf(&out, "    until %s: %s (%s)\n", f.Exempt.Expires, f.Exempt.Reason, f.Exempt.Owner)
			continue
		}
		fmt.Fprintf(&out, "    %s\n    fix: %s\n", f.Reason, f.Fix)
	}
	_, err := io.WriteString(w, out.String())
	return err
}
