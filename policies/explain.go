package policies

import (
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Explained is what a rule says of one subject.
type Explained struct {
	Environment string    `json:"environment"`
	About       About     `json:"about"`
	Subject     string    `json:"subject"`
	Verdict     string    `json:"verdict"`            // "passes", "fails" or "does not apply"
	Why         string    `json:"why,omitempty"`      // it does not apply
	Findings    []Finding `json:"findings,omitempty"` // why it fails, exempt or not
}

// Explain says the result of the rule for every subject of the plan that it
// could be about, those that it does not speak of included.
//
// It exists for people who wonder why a rule is silent: subjects that it does not
// match are listed with the first reason.
func (j *Judge) Explain(r *Rule, p *plan.Plan, now time.Time) ([]Explained, error) {
	subjects, err := Subjects(p)
	if err != nil {
		return nil, err
	}
	out := []Explained{}
	for _, s := range subjects {
		if s.About != r.About {
			continue
		}
		e := Explained{Environment: p.Environment, About: s.About, Subject: s.Name, Verdict: "passes"}
		// Explain, unlike Judge, says why a match does not hold.
		switch misses := r.match.Explain(s.Value); {
		case r.Level == plan.Disabled:
			e.Verdict, e.Why = "does not apply", "the rule is disabled"
		case len(misses) > 0:
			e.Verdict, e.Why = "does not apply", misses[0].String()
		default:
			e.Findings = j.findings(r, s, p.Environment, now)
		}
		if len(e.Findings) > 0 {
			e.Verdict = "fails"
		}
		out = append(out, e)
	}
	return out, nil
}

// findings are what the rule objects to in one subject.
// One finding for each miss. Exempt ones are returned as well, marked.
func (j *Judge) findings(r *Rule, s Subject, environment string, now time.Time) []Finding {
	var out []Finding
	for _, m := range j.misses(r, s) {
		f := r.finding(s, m)
		f.Exempt = j.set.exempted(r.ID, s.Name, now)
		if environment != "" {
			f.Environments = []string{environment}
		}
		out = append(out, f)
	}
	return out
}

// Lowered returns the rule without CUE, or why that cannot be.
func (r *Rule) Lowered() (match, require plan.Constraint, err error) {
	if r.NotLowered != "" {
		return match, require, &NotLoweredError{Rule: r.ID, Why: r.NotLowered}
	}
	return r.matches, r.required, nil
}

// NotLoweredError says that only CUE can judge a rule.
type NotLoweredError struct{ Rule, Why string }

// Error names the rule and what in it only CUE can judge.
func (e *NotLoweredError) Error() string {
	return e.Rule + " cannot be lowered: " + e.Why
}
