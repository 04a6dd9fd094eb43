package policies

import (
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Finding is one thing that a rule objects to.
type Finding struct {
	Policy       string          `json:"policy"` // the rule's ID
	Title        string          `json:"title"`
	Level        plan.Level      `json:"level"`
	Digest       string          `json:"digest"` // of the rule
	About        About           `json:"about"`
	Subject      string          `json:"subject"` // the name of what it is about
	Environments []string        `json:"environments,omitempty"`
	Path         string          `json:"path,omitempty"`  // to the value, in the plan or the resource
	Found        string          `json:"found,omitempty"` // the value; "" where there is none
	Want         string          `json:"want,omitempty"`  // the constraint
	Message      string          `json:"message"`         // in a sentence
	Reason       string          `json:"reason"`
	Fix          string          `json:"fix"`
	References   []string        `json:"references,omitempty"`
	Undecided    bool            `json:"undecided,omitempty"` // a value is not known yet
	Exempt       *plan.Exemption `json:"exempt,omitempty"`    // it is exempt, and counts for nothing
	File         string          `json:"file,omitempty"`
	Line         int             `json:"line,omitempty"`
	Col          int             `json:"col,omitempty"`

	// PlanPath is the path of the value in the plan, for looking up its place.
	// It differs from Path where the value is shown in one place and written in
	// another, such as a dataset's column in a model's inputs.
	PlanPath []string `json:"-"`
}

// Refuses reports whether the finding stops what it is about.
func (f Finding) Refuses() bool { return f.Level.Refuses() && f.Exempt == nil && !f.Undecided }

// String is "file:line:col: level pack/rule: message".
func (f Finding) String() string {
	var out strings.Builder
	if f.File != "" {
		out.WriteString(f.File)
		if f.Line > 0 {
			fmt.Fprintf(&out, ":%d:%d", f.Line, f.Col)
		}
		out.WriteString(": ")
	}
	word := string(f.Level)
	switch {
	case f.Exempt != nil:
		word = "exempt"
	case f.Undecided:
		word = "undecided"
	}
	fmt.Fprintf(&out, "%s %s: %s", word, f.Policy, f.Message)
	return out.String()
}

// sentence says what was found of the subject.
// A miss about the whole subject has no path, and reads as one sentence.
func sentence(s Subject, m plan.Miss) string {
	between := ": "
	if len(m.Path) == 0 && len(m.Or) == 0 {
		between = " "
	}
	return fmt.Sprintf("%s %s%s%s", s.About, s.Name, between, m)
}

// finding makes the finding for one miss.
func (r *Rule) finding(s Subject, m plan.Miss) Finding {
	return Finding{
		Policy: r.ID, Title: r.Title, Level: r.Level, Digest: r.Digest, About: s.About, Subject: s.Name,
		Path: strings.Join(m.Path, "."), Found: m.Found, Want: m.Want, Undecided: m.Open,
		Message: sentence(s, m),
		Reason:  r.Reason, Fix: r.Fix, References: r.References, PlanPath: s.place(m.Path),
	}
}
