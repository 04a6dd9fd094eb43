package policies

import (
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Tried is one case of a rule as it came out.
type Tried struct {
	Rule    string `json:"rule"`
	Case    string `json:"case"`
	Kind    string `json:"kind"` // what was expected: "pass", "fail" or "skip"
	OK      bool   `json:"ok"`
	Outcome string `json:"outcome"` // what happened, in a sentence
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Col     int    `json:"col,omitempty"`
}

// Try runs the rule's own cases. A rule without a case that passes and one that
// fails has not shown what it does, which counts as a failure too.
//
// For a rule with a remedy, each case that fails must pass once the remedy is
// applied.
func (j *Judge) Try(r *Rule) []Tried {
	var out []Tried
	have := map[string]bool{}
	for _, c := range r.Cases {
		have[c.Kind] = true
		t := Tried{Rule: r.ID, Case: c.Name, Kind: c.Kind, File: c.File, Line: c.Line, Col: c.Col}
		var got string
		got, t.Outcome = j.outcome(r, c.Subject)
		// "skip" cases show that a rule is silent where it should be.
		t.OK = got == c.Kind
		if t.OK && got == "fail" && r.Remedy != nil {
			put := Subject{About: r.About, Name: "example", Value: Remedied(c.Subject, r.Remedy)}
			if left := j.misses(r, put); len(left) > 0 {
				t.OK, t.Outcome = false, "the remedy does not put it right: "+left[0].String()
			}
		}
		out = append(out, t)
	}
	for _, kind := range []string{"pass", "fail"} {
		if !have[kind] {
			out = append(out, Tried{Rule: r.ID, Kind: kind, Outcome: fmt.Sprintf("no case that should %s", kind),
				File: r.File, Line: r.Line, Col: r.Col})
		}
	}
	return out
}

// outcome is the kind of case that the subject is, with why.
func (j *Judge) outcome(r *Rule, subject map[string]any) (kind, sentence string) {
	s := Subject{About: r.About, Name: "example", Value: subject}
	if r.match.Judge(s.Value) < plan.Yes {
		why := r.match.Explain(s.Value)
		return "skip", "the rule does not speak of it: " + why[0].String()
	}
	misses := j.misses(r, s)
	if len(misses) == 0 {
		return "pass", "it passes"
	}
	lines := make([]string, len(misses))
	for i, m := range misses {
		lines[i] = m.String()
	}
	return "fail", strings.Join(lines, "; ")
}

// Remedied returns the resource with the remedy's values in its properties;
// structs are merged, anything else is replaced. The resource is not changed.
func Remedied(resource, remedy map[string]any) map[string]any {
	out := merged(resource, nil)
	properties, _ := resource["properties"].(map[string]any)
	out["properties"] = merged(properties, remedy)
	return out
}

// merged is base with over in it. base may be nil; neither is changed, but what is
// not merged is shared with them.
func merged(base, over map[string]any) map[string]any {
	out := make(map[string]any, len(base)+len(over))
	for name, v := range base {
		out[name] = v
	}
	for name, v := range over {
		was, isStruct := out[name].(map[string]any)
		if put, ok := v.(map[string]any); ok && isStruct {
			out[name] = merged(was, put)
			continue
		}
		out[name] = v
	}
	return out
}
