package consequence

import (
	"fmt"
	"strings"
)

// maxMarkdown bounds the whole: GitHub refuses comments above 65,536
// characters.
const maxMarkdown = 60_000

// Markdown writes the reports for a pull request, those that are silent left
// out: what is alarming first, then a section each. Every text from a blueprint
// is in a code span, where GitHub knows no HTML, links, mentions or issues.
func Markdown(reports []Report) string {
	var lines []string
	for _, r := range reports {
		if !r.Silent() {
			lines = append(lines, r.markdown()...)
		}
	}
	var out strings.Builder
	for i, line := range lines {
		if out.Len()+len(line) > maxMarkdown {
			fmt.Fprintf(&out, "\n%d more lines: `ashlar plan --base` shows them all.\n", len(lines)-i)
			break
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

// markdown is one report: a headline, the alarming changes, then the others by
// section, and the digests of the plans.
func (r Report) markdown() []string {
	where := code(r.Name)
	if r.Dir != "." && r.Dir != "" {
		where += " in " + code(r.Dir)
	}
	out := []string{"### " + where, "", r.Headline() + ".", ""}
	last := Section("")
	for _, c := range r.Changes {
		if c.Alarming() {
			out = append(out, fmt.Sprintf("- **%s** %s", c.Effect, c.markdown()))
		}
	}
	for _, c := range r.Changes {
		if c.Alarming() {
			continue
		}
		if c.Section != last {
			out = append(out, "", fmt.Sprintf("**%s**", c.Section), "")
			last = c.Section
		}
		out = append(out, fmt.Sprintf("- %s %s", c.Effect, c.markdown()))
	}
	if len(r.Digests) > 0 {
		// Without a heading the list would continue that of the last section.
		out = append(out, "", "**plans**", "")
	}
	for _, d := range r.Digests {
		line := fmt.Sprintf("- plan of %s: %s", code(d.Environment), code(orDash(d.Head)))
		if d.Base != d.Head {
			line += fmt.Sprintf(", was %s", code(orDash(d.Base)))
		}
		out = append(out, line)
	}
	for _, n := range r.Notes {
		out = append(out, "", code(printable(n, maxMessage)))
	}
	return append(out, "")
}

// markdown is a change in a line, without its effect.
func (c Change) markdown() string {
	line := code(c.Subject) + " " + code(c.Message)
	if len(c.Environments) > 0 {
		line += " in " + code(strings.Join(c.Environments, ", "))
	}
	return line
}

// orDash is s, or "none" where there is no plan.
func orDash(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// Code is a code span that holds s on one line, printable and bounded, and in
// which nothing is Markdown.
func Code(s string) string { return code(s) }

// code is a code span that holds exactly s, in the words of CommonMark 6.1: its
// fence is longer than any run of backticks in it.
func code(s string) string {
	s = printable(s, maxMessage+maxSubject)
	longest, run := 0, 0
	for _, r := range s {
		run++
		if r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if s == "" || strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.HasPrefix(s, " ") &&
		strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	return fence + s + fence
}
