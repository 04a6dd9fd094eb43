package policies

import (
	"fmt"
	"slices"
	"time"

	"cuelang.org/go/cue"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// exemption is an exemption with where it was written and when it ends.
type exemption struct {
	plan.Exemption
	until     time.Time // the first moment at which it no longer holds
	file      string
	line, col int
}

// exemptions reads the pack's exemptions. An owner, a reason and a day are required:
// an exemption nobody answers for would never end. A rule that is not known is a
// problem, since it is most likely misspelt.
func (s *Set) exemptions(p *pack) {
	it, err := p.value.LookupPath(cue.ParsePath("exempt")).Fields()
	for err == nil && it.Next() {
		id := it.Selector().Unquoted()
		if !s.known(p, it.Value(), id) {
			continue
		}
		list, lerr := it.Value().List()
		for i := 0; lerr == nil && list.Next(); i++ {
			at := fmt.Sprintf(`exempt."%s".%d`, id, i)
			pos := module(true).Place(list.Value())
			x := exemption{file: pos.Filename(), line: pos.Line(), col: pos.Column()}
			if err := decodeValue(list.Value(), &x.Exemption); err != nil {
				p.say(list.Value(), at, err.Error(), "")
				continue
			}
			day, err := time.Parse(time.DateOnly, x.Expires)
			if err != nil {
				p.say(list.Value(), at+".expires",
					fmt.Sprintf("%q is not a date such as 2026-12-31", x.Expires), "write it as 2030-01-31")
			}
			if x.Owner == "" || x.Reason == "" {
				p.say(list.Value(), at, "an exemption has an owner and a reason", "say who answers for it, and why")
			}
			// The day itself is included, in UTC.
			x.until = day.AddDate(0, 0, 1)
			// Clipped so that append copies: sets made from this one share the slice.
			s.exempt[id] = append(slices.Clip(s.exempt[id]), x)
		}
	}
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

// covers reports whether the exemption is of the subject; one without subjects is of
// all.
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
				Policy: id, Title: r.Title, Level: r.Level, Digest: r.Digest, About: r.About,
				Subject: subjectsOf(x.Subjects),
				Message: fmt.Sprintf("the exemption of %s from %s expired on %s",
					subjectsOf(x.Subjects), id, x.Expires),
				Reason: fmt.Sprintf("%s asked for it: %s", x.Owner, x.Reason),
				Fix:    "put right what was exempt and remove the exemption, or agree on another day",
				File:   x.file, Line: x.line, Col: x.col,
			})
		}
	}
	return out
}
