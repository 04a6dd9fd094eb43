package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
)

// Problem is one thing that is wrong with what a user wrote.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"` // from 1; 0 where the problem has no place
	Col     int    `json:"col"`
	Path    string `json:"path,omitempty"` // such as models.default-risk.target
	Message string `json:"message"`        // what was found and what is allowed
	Hint    string `json:"hint,omitempty"` // the nearest right name, or what to do
	Code    Code   `json:"code,omitempty"` // the kind of problem, which Kinds explains
}

// As is the problem with the code of its kind.
func (p Problem) As(c Code) Problem {
	p.Code = c
	return p
}

// Coded is String with the code, which a reader can ask for an explanation of.
func (p Problem) Coded() string {
	if p.Code == "" {
		return p.String()
	}
	return p.String() + " [" + string(p.Code) + "]"
}

// String is "file:line:col: path: message; hint".
func (p Problem) String() string {
	var out strings.Builder
	if p.File != "" {
		out.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&out, ":%d:%d", p.Line, p.Col)
		}
		out.WriteString(": ")
	}
	if p.Path != "" {
		out.WriteString(p.Path + ": ")
	}
	out.WriteString(p.Message)
	if p.Hint != "" {
		out.WriteString("; " + p.Hint)
	}
	return out.String()
}

// Problems are all problems of a folder, in order of place. It is an error.
type Problems []Problem

// Error has a line a problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// Sorted orders problems by place and drops repetitions.
func (p Problems) Sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(p)
}

// mostListed is how many names a message has room for.
const mostListed = 12

// Known writes names for a message about a word that is none of them. Where there
// are too many, those most like it come first, so that the one that was meant is
// not among those left out.
func Known(word string, names []string) string {
	if len(names) > mostListed {
		names = nearest.First(word, names)
	}
	return List(names)
}

// List writes names for a message, shortened where there are many.
func List(names []string) string {
	quoted := make([]string, 0, mostListed+1)
	for i, n := range names {
		if i == mostListed {
			quoted = append(quoted, fmt.Sprintf("and %d more", len(names)-mostListed))
			break
		}
		quoted = append(quoted, fmt.Sprintf("%q", n))
	}
	if len(quoted) == 0 {
		return "none"
	}
	return strings.Join(quoted, ", ")
}
