package policies

import (
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Check checks a plan against every rule about it and returns what they object
// to, in order of rule and subject. Findings that are exempt on the day are
// marked; an exemption that has expired is a finding itself.
//
// Only a match that certainly applies counts here: a plan has no values that are
// not known yet.
func (j *Judge) Check(p *plan.Plan, now time.Time) ([]Finding, error) {
	subjects, err := Subjects(p)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, r := range j.set.rules {
		for _, s := range subjects {
			if r.applies(s) < plan.Yes {
				continue
			}
			out = append(out, j.findings(r, s, p.Environment, now)...)
		}
	}
	return out, nil
}

// Exemptions returns those from the rule that hold now.
func (s *Set) Exemptions(rule string, now time.Time) []plan.Exemption {
	var out []plan.Exemption
	for _, x := range s.exempt[rule] {
		if now.Before(x.until) {
			out = append(out, x.Exemption)
		}
	}
	return out
}

// subjectsOf names an exemption's subjects for messages.
func subjectsOf(names []string) string {
	if len(names) == 0 {
		return "everything"
	}
	return strings.Join(names, ", ")
}
