package policies

import (
	"fmt"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Check holds a plan against every rule about it and returns what they object
// to, in order of rule and subject. Findings that are exempt on the day are
// marked; an exemption that has expired is a finding itself.
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

// exempted returns the exemption that takes the subject out of the rule now.
func (s *Set) exempted(rule, subject string, now time.Time) *plan.Exemption {
	for _, x := range s.exempt[rule] {
		if x.covers(subject) && now.Before(x.until) {
			return &x.Exemption
		}
	}
	return nil
}

func (x exemption) covers(subject string) bool {
	if len(x.Subjects) == 0 {
		return true
	}
	for _, s := range x.Subjects {
		if s == subject {
			return true
		}
	}
	return false
}

// Expired returns a finding for each exemption that holds no longer, at the
// level of the rule that it was from.
func (s *Set) Expired(now time.Time) []Finding {
	var out []Finding
	for _, id := range keys(s.exempt) {
		r := s.byID[id]
		for _, x := range s.exempt[id] {
			if now.Before(x.until) {
				continue
			}
			out = append(out, Finding{
				Policy: id, Title: r.Title, Level: r.Level, Digest: r.Digest, About: r.About, Subject: subjectsOf(x.Subjects),
				Message: fmt.Sprintf("the exemption of %s from %s expired on %s", subjectsOf(x.Subjects), id, x.Expires),
				Reason:  fmt.Sprintf("%s asked for it: %s", x.Owner, x.Reason), Fix: "put right what was exempt and remove the exemption, or agree on another day",
				File: x.file, Line: x.line, Col: x.col,
			})
		}
	}
	return out
}

func subjectsOf(names []string) string {
	if len(names) == 0 {
		return "everything"
	}
	return strings.Join(names, ", ")
}
