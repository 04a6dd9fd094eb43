package govern

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// The points at which evidence is judged.
const (
	AtRegister = "register"
	AtPromote  = "promote" // it becomes the champion
	AtServe    = "serve"   // it is served, or is looked at again while it is
)

// Rules are a plan's policies about evidence, ready to judge. They are the
// rules of `ashlar policy list` without CUE, under the same digests. Rules are
// immutable and safe for concurrent use; nil objects to nothing.
type Rules struct {
	plan  *plan.Plan
	rules []rule
}

// rule is one policy with its constraints compiled.
type rule struct {
	plan.Policy
	match, require *plan.Matcher
	until          []time.Time // of each exemption: the first moment after it
}

// NewRules prepares the plan's policies. A policy that cannot be judged is an
// error here, not one that is passed over when it matters.
//
// An exemption is good through its day of expiry, in UTC whatever zone the
// machine is in, so that all replicas stop serving at the same moment.
func NewRules(p *plan.Plan) (*Rules, error) {
	out := &Rules{plan: p}
	for _, policy := range p.Policies {
		r := rule{Policy: policy}
		var err error
		if r.match, err = policy.Match.Compile(); err != nil {
			return nil, fmt.Errorf("policy %s: match: %w", policy.ID, err)
		}
		if r.require, err = policy.Require.Compile(); err != nil {
			return nil, fmt.Errorf("policy %s: require: %w", policy.ID, err)
		}
		for _, x := range policy.Exemptions {
			day, err := time.Parse(time.DateOnly, x.Expires)
			if err != nil {
				return nil, fmt.Errorf("policy %s: exemption of %s: %q is not a date such as 2026-12-31",
					policy.ID, x.Owner, x.Expires)
			}
			r.until = append(r.until, day.AddDate(0, 0, 1))
		}
		out.rules = append(out.rules, r)
	}
	return out, nil
}

// Refusal is what one policy objects to.
type Refusal struct {
	Policy string     `json:"policy"`
	Level  plan.Level `json:"level"`
	Digest string     `json:"digest"` // of the rule
	Found  string     `json:"found"`  // the value and the constraint, in a sentence
	Reason string     `json:"reason"`
	Fix    string     `json:"fix"`
}

// String is a clause that names the rule, its digest and what it found.
func (r Refusal) String() string {
	return fmt.Sprintf("policy %s (%s) objects: %s, because %s", r.Policy,
		plan.ShortDigest(r.Digest), r.Found, r.Reason)
}

// Judge returns what the policies object to in the evidence, in order of
// policy: those that refuse, and apart from them those that only advise.
// Exempt subjects are left out until their exemption expires.
//
// A policy whose match cannot be decided, because the evidence lacks the field,
// does not apply; what it requires and the evidence lacks is a miss. The error is
// of encoding alone.
func (r *Rules) Judge(e plan.Evidence, now time.Time) (refused, advice []Refusal, err error) {
	if r == nil {
		return nil, nil, nil
	}
	value, err := tree(e)
	if err != nil {
		return nil, nil, err
	}
	for _, one := range r.rules {
		if one.Level == plan.Disabled || one.match.Judge(value) != plan.Yes || one.exempts(e.Name, now) {
			continue
		}
		misses := one.require.Explain(value)
		if len(misses) == 0 {
			continue
		}
		found := make([]string, len(misses))
		for i, m := range misses {
			found[i] = m.String()
		}
		refusal := Refusal{Policy: one.ID, Level: one.Level, Digest: one.Digest, Found: strings.Join(found, "; "),
			Reason: one.Reason, Fix: one.Fix}
		if one.Level.Refuses() {
			refused = append(refused, refusal)
		} else {
			advice = append(advice, refusal)
		}
	}
	return refused, advice, nil
}

// exempts reports whether an exemption covers the subject now. One without
// subjects covers all.
func (r rule) exempts(subject string, now time.Time) bool {
	for i, x := range r.Exemptions {
		if (len(x.Subjects) == 0 || slices.Contains(x.Subjects, subject)) && now.Before(r.until[i]) {
			return true
		}
	}
	return false
}

// tree is the evidence as JSON, which is what constraints are about.
// The field names of constraints are thus those of plan.Evidence in JSON, and
// numbers are float64.
func tree(e plan.Evidence) (any, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("evidence on %s: %w", e.Name, err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("evidence on %s: %w", e.Name, err)
	}
	return out, nil
}

// Evidence is what is known of the version at a point. File is the digest of
// the model file available; approvals are counted as the rule that the plan has
// today counts them.
// Age is in days, with a fraction. Lists and maps are never nil: a constraint on
// the number of approvals must find an empty list and not a missing field.
func (r *Rules) Evidence(point string, v registry.Version, approval plan.Approval, file string,
	now time.Time) plan.Evidence {
	e := plan.Evidence{
		Point: point, Blueprint: v.Blueprint, Environment: v.Environment, Name: v.Model,
		Version: v.Version, Status: v.Status,
		Author: v.Author, Algorithm: v.Algorithm, TrainedAt: v.TrainedAt.UTC().Format(time.RFC3339),
		AgeDays: now.Sub(v.TrainedAt).Hours() / 24,
		Data:    plan.EvidenceData{Source: v.Data.Source, Digest: v.Data.Digest}, Metrics: v.Metrics,
		Gates:   map[string]plan.EvidenceGate{},
		Reports: v.Candidate.Evidence, Approvals: v.Approvals(approval), Approval: approval,
		ModelDigest: v.ModelDigest, FileDigest: file, Intact: file == v.ModelDigest, PlanDigest: v.PlanDigest,
	}
	for _, g := range v.Gates {
		e.Gates[g.Name] = plan.EvidenceGate{Value: g.Value, Want: g.Want, Passed: g.Passed}
	}
	if e.Reports == nil {
		e.Reports = map[string]string{}
	}
	if e.Approvals == nil {
		e.Approvals = []string{}
	}
	// Where it is judged is where the plan is, whoever registered it.
	if r != nil {
		e.Blueprint, e.Environment = r.plan.Name, r.plan.Environment
	}
	return e
}

// Refusals judges a version at a point.
// Advice is left out: it keeps nothing from being served.
func (r *Rules) Refusals(point string, v registry.Version, approval plan.Approval, file string,
	now time.Time) ([]Refusal, error) {
	if r == nil {
		return nil, nil
	}
	refused, _, err := r.Judge(r.Evidence(point, v, approval, file, now), now)
	return refused, err
}

// texts are refusals as clauses.
func texts(refused []Refusal) []string {
	out := make([]string, len(refused))
	for i, r := range refused {
		out[i] = r.String()
	}
	return out
}

// Objections returns what the policies object to in a candidate that asks to
// be registered, as clauses for the registry's refusal.
// The candidate is judged as a pending version without a number.
func (r *Rules) Objections(c registry.Candidate, now time.Time) ([]string, error) {
	refused, err := r.Refusals(AtRegister, registry.Version{Candidate: c, Status: registry.Pending},
		c.Approval, c.ModelDigest, now)
	return texts(refused), err
}
