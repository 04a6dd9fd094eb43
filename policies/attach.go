package policies

import (
	"maps"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Attach returns the plan with the rules about evidence that can matter in its
// environment, lowered, in order of ID, exemptions included. The plan that is
// given is not changed. Whoever hands a plan to the runtime attaches the same
// set, so that the digest is the same.
func (s *Set) Attach(p *plan.Plan) *plan.Plan {
	out := *p
	out.Policies = nil
	// The set's value of evidence has every field open but these two: a rule that
	// cannot match in this environment whatever the version is left out.
	known := maps.Clone(s.evidence)
	known["environment"], known["blueprint"] = p.Environment, p.Name
	for _, r := range s.rules {
		if r.About != Evidence || r.Level == plan.Disabled || r.match.Judge(known) == plan.No {
			continue
		}
		one := plan.Policy{ID: r.ID, Title: r.Title, Level: r.Level, Reason: r.Reason, Fix: r.Fix, Digest: r.Digest,
			Match: r.matches, Require: r.required}
		for _, x := range s.exempt[r.ID] {
			one.Exemptions = append(one.Exemptions, x.Exemption)
		}
		out.Policies = append(out.Policies, one)
	}
	return &out
}
