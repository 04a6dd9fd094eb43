package dataset

import (
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// shownExamples is how many examples of a kind and column Error writes out.
const shownExamples = 3

// Error tells all problems, a line for each column and kind and a few examples
// under it.
func (e *SchemaError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: the data is not what the blueprint declares: %s in %s", e.Source,
		plan.Counted(e.Total, "problem"), plan.Counted(e.Rows+e.Skipped, "row"))
	if e.Skipped > 0 {
		fmt.Fprintf(&b, " (%d left out)", e.Skipped)
	}
	for _, c := range e.Counts {
		e.writeCount(&b, c)
	}
	return b.String()
}

// writeCount writes the problems of one kind and column. The first example's
// hint stands for all of them.
func (e *SchemaError) writeCount(b *strings.Builder, c Count) {
	var examples []Problem
	for _, p := range e.Problems {
		if p.Kind == c.Kind && p.Column == c.Column && len(examples) < shownExamples {
			examples = append(examples, p)
		}
	}
	if len(examples) == 0 {
		return
	}
	subject := "rows"
	if c.Column != "" || c.Kind == MissingColumn || c.Kind == DuplicateColumn {
		subject = fmt.Sprintf("column %q", c.Column)
	}
	fmt.Fprintf(b, "\n  %s: %s: want %s", subject, c.Kind.said(c.Count), examples[0].Want)
	if h := examples[0].Hint; h != "" {
		fmt.Fprintf(b, "; %s", h)
	}
	for _, p := range examples {
		fmt.Fprintf(b, "\n    %s", p.where())
		if p.Value != "" {
			fmt.Fprintf(b, ": %q", p.Value)
		}
	}
	if more := c.Count - int64(len(examples)); more > 0 {
		fmt.Fprintf(b, "\n    and %d more", more)
	}
}

// said names the kind and how often it came.
func (k Kind) said(n int64) string {
	switch k {
	case MissingColumn:
		return "not in the header"
	case DuplicateColumn:
		return "more than once in the header"
	case WrongType:
		return plan.Counted(n, "value") + " of another type"
	case NullValue:
		return plan.Counted(n, "missing value")
	case UnknownCategory:
		return plan.Counted(n, "unknown category")
	case Encoding:
		return plan.Counted(n, "value") + " not in UTF-8"
	case NULByte:
		return plan.Counted(n, "value") + " with NUL bytes"
	case TooLong:
		return plan.Counted(n, "field") + " too long"
	case Ragged:
		return plan.Counted(n, "row") + " with too few or too many fields"
	case Quote:
		return plan.Counted(n, "row") + " with a quote that does not close"
	}
	return plan.Counted(n, "problem")
}

// where is the problem's place as file:line, and its row.
func (p Problem) where() string {
	s := p.File
	if p.Line > 0 {
		s += fmt.Sprintf(":%d", p.Line)
	}
	if p.Row > 0 {
		s += fmt.Sprintf(" (row %d)", p.Row)
	}
	return s
}

// String tells the problem in one line.
func (p Problem) String() string {
	s := p.where()
	if p.Column != "" {
		s += fmt.Sprintf(": column %q", p.Column)
	}
	if p.Value != "" {
		s += fmt.Sprintf(": %q", p.Value)
	}
	s += ": want " + p.Want
	if p.Hint != "" {
		s += "; " + p.Hint
	}
	return s
}
