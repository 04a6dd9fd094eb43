package drift

import (
	"fmt"
	"strings"
	"unicode"
)

// maxRows bounds the table: GitHub refuses issues above 65,536 characters.
const maxRows = 100

// Markdown writes the findings for an issue. Every text that comes from a cluster or an
// account is in a code span, where GitHub knows no HTML, links or mentions. A report
// without findings is empty.
func (r Report) Markdown() string {
	if len(r.Findings) == 0 {
		return ""
	}
	var out strings.Builder
	fmt.Fprintf(&out, "What runs is not what the repository says: %s.\n\n", r.Summary())
	out.WriteString("| class | object | field | change | expected | found | by |\n|---|---|---|---|---|---|---|\n")
	for i, f := range r.Findings {
		if i == maxRows {
			break
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s | %s |\n", f.Class, code(f.Object), code(f.Path), f.Change,
			code(f.Expected), code(f.Found), code(strings.TrimSpace(f.By+" "+f.At)))
	}
	if more := len(r.Findings) - maxRows; more > 0 {
		fmt.Fprintf(&out, "\n%d more: `ashlar drift` shows them all.\n", more)
	}
	out.WriteString("\nWhat to do:\n\n")
	for _, line := range r.advice() {
		fmt.Fprintf(&out, "- %s\n", line)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&out, "\nNot compared: %s\n", code(note))
	}
	return out.String()
}

// advice says for each object what to do, once for each advice.
func (r Report) advice() []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range r.Findings {
		line := code(f.Object) + ": " + code(f.Advice)
		if !seen[line] && len(out) < maxRows {
			seen[line] = true
			out = append(out, line)
		}
	}
	return out
}

// Summary counts the findings: "3 findings (2 security, 1 benign)".
func (r Report) Summary() string {
	var parts []string
	for _, c := range Classes() {
		if n := r.Count(c); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c))
		}
	}
	noun := "findings"
	if len(r.Findings) == 1 {
		noun = "finding"
	}
	text := fmt.Sprintf("%d %s", len(r.Findings), noun)
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	return text
}

// code makes a code span of a text; "" stays empty. Backquotes would end it, and a bar or
// a line break the table's cell.
func code(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '`':
			return '\''
		case unicode.IsControl(r) || !unicode.IsPrint(r):
			return ' '
		}
		return r
	}, text)
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(text, "|", `\|`) + "`"
}
