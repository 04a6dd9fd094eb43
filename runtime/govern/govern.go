// Package govern decides what may be served, and says why where it may not.
//
// The registry keeps what was decided; the plan says what is asked for today.
// This package checks the one against the other, so that a rule tightened in the
// blueprint applies to versions that were approved before it.
package govern

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// Reader is where versions are looked up.
type Reader interface {
	Versions(ctx context.Context, model string) ([]registry.Version, error)
}

// NotServableError says why a model has no version that may be served.
type NotServableError struct {
	Model   string
	Reasons []string
	Pending int // newest version that waits for an approval; 0: none does
}

// Error lists the reasons and the command that helps.
func (e *NotServableError) Error() string {
	out := fmt.Sprintf("model %s has no version that may be served: %s", e.Model, strings.Join(e.Reasons, "; "))
	if e.Pending > 0 {
		out += fmt.Sprintf("; approve with: ashlar model approve %s %d --by NAME", e.Model, e.Pending)
	}
	return out
}

// Requirements are what is asked of a version before it is served.
type Requirements struct {
	Model    string
	Approval plan.Approval // as the plan has it today
	Pin      *plan.Pin     // nil: the newest version that may be served is
	Rules    *Rules        // nil: no policy
	// PassedOver says why a version is not wanted that may be served: it has failed in
	// traffic. "": it is wanted. Nil: all are. Choose asks,
	// and Judge does not.
	PassedOver func(registry.Version) string
	Now        time.Time
}

// Champion is the alias of the version that serves. A version that does not
// have it yet is promoted when it is chosen.
const Champion = "champion"

// For is what a version must meet to be served behind the plan's endpoint at the time.
func For(p *plan.Plan, endpoint string, rules *Rules, now time.Time) Requirements {
	model := p.Endpoints[endpoint].Model
	ask := Requirements{Model: model, Approval: p.Models[model].Approval, Rules: rules, Now: now}
	if pin, ok := p.Pins[model]; ok {
		ask.Pin = &pin
	}
	return ask
}

// Choose returns the newest version that may be served, of those that are
// pinned where the plan pins one, or a *NotServableError.
//
// Versions are looked at from the newest on, and the first without an objection is
// taken: a newer one that waits for approval does not keep an approved one from
// being served. An error other than *NotServableError means that nothing is known,
// and callers keep what they serve.
func Choose(ctx context.Context, r Reader, ask Requirements) (registry.Version, error) {
	versions, err := r.Versions(ctx, ask.Model)
	if err != nil {
		return registry.Version{}, err
	}
	none := &NotServableError{Model: ask.Model}
	wanted := ask.pinned(versions)
	for _, v := range wanted {
		reasons, err := ask.Objections(v)
		if err != nil {
			return registry.Version{}, err
		}
		if ask.PassedOver != nil {
			if why := ask.PassedOver(v); why != "" {
				reasons = append(reasons, why)
			}
		}
		if len(reasons) == 0 {
			return v, nil
		}
		// The newest is suggested, even where older ones wait too.
		if approvable(v, ask.Approval) && none.Pending == 0 {
			none.Pending = v.Version
		}
		none.Reasons = append(none.Reasons, fmt.Sprintf("version %d %s", v.Version, strings.Join(reasons, " and ")))
	}
	switch {
	case len(wanted) == 0 && ask.Pin != nil:
		none.Reasons = []string{missing(*ask.Pin, versions)}
	case len(versions) == 0:
		none.Reasons = []string{"none is registered; `ashlar up` trains one"}
	}
	return registry.Version{}, none
}

// Objections returns every reason why the version may not be served now, those
// of the policies too; none means that it may.
func (ask Requirements) Objections(v registry.Version) ([]string, error) {
	verdict, err := ask.Judge(v)
	return append(verdict.Reasons, texts(verdict.Refused)...), err
}

// Verdict is why a version may not be served.
type Verdict struct {
	Reasons []string  `json:"reasons"` // the blueprint's own
	Refused []Refusal `json:"refused"` // the policies'
}

// Servable reports whether nothing is against it.
func (v Verdict) Servable() bool { return len(v.Reasons)+len(v.Refused) == 0 }

// Judge checks the version against what is asked. A store that verifies digests
// serves the file that was registered or none, so that is what is judged.
//
// A version that is not the champion yet is promoted by being served, so it has to
// pass the rules of both points. Refusals that both give are listed once.
func (ask Requirements) Judge(v registry.Version) (Verdict, error) {
	out := Verdict{Reasons: Objections(v, ask.Approval)}
	points := []string{AtServe}
	if !slices.Contains(v.Aliases, Champion) {
		points = []string{AtPromote, AtServe}
	}
	for _, point := range points {
		refused, err := ask.Rules.Refusals(point, v, ask.Approval, v.ModelDigest, ask.Now)
		if err != nil {
			return out, err
		}
		for _, r := range refused {
			if !slices.Contains(out.Refused, r) {
				out.Refused = append(out.Refused, r)
			}
		}
	}
	return out, nil
}

// Objections returns every reason why the version may not be served under the
// rule that the plan has today; none means that it may.
//
// Gates are judged as they were recorded; see Unmet for those that the plan has
// today.
func Objections(v registry.Version, rule plan.Approval) []string {
	var out []string
	if v.Status != registry.Approved {
		out = append(out, "is "+v.Status)
	}
	for _, g := range v.Gates {
		if !g.Passed {
			out = append(out, "does not meet "+g.Name+" "+g.Want)
		}
	}
	if v.Status == registry.Approved && lacksApprovals(v, rule) {
		out = append(out, fmt.Sprintf("has %d of the %d approvals that the blueprint asks for",
			len(v.Approvals(rule)), max(1, rule.Count)))
	}
	return out
}

// lacksApprovals reports whether people must approve who have not. What the
// policy approved elsewhere is not enough where the rule asks for people.
func lacksApprovals(v registry.Version, rule plan.Approval) bool {
	return rule.Policy != "auto" && len(v.Approvals(rule)) < max(1, rule.Count)
}

// Servable returns a *NotServableError with every reason why the file with
// that digest may not be served as the version, or nil.
// Unlike Judge it knows no policies and compares a file's digest, for who has a
// file and no registry.
func Servable(rule plan.Approval, v registry.Version, digest string) error {
	reasons := Objections(v, rule)
	if digest != v.ModelDigest {
		reasons = append(reasons, fmt.Sprintf("is the file %s, but %s is to be served", v.ModelDigest, digest))
	}
	if len(reasons) == 0 {
		return nil
	}
	e := &NotServableError{Model: v.Model,
		Reasons: []string{fmt.Sprintf("version %d %s", v.Version, strings.Join(reasons, " and "))}}
	if approvable(v, rule) {
		e.Pending = v.Version
	}
	return e
}

// approvable reports whether an approval is what the version waits for.
// An approved one waits where the rule has become stricter since.
func approvable(v registry.Version, rule plan.Approval) bool {
	return v.Status == registry.Pending || v.Status == registry.Approved && lacksApprovals(v, rule)
}

// Author returns the first of the names that can stand for a person: what was
// said on the command line, then the environment, then the login name.
//
// A name that is given but cannot is an error rather than passed over.
func Author(names ...string) (string, error) {
	for _, n := range names {
		if strings.TrimSpace(n) == "" {
			continue
		}
		name, err := registry.Person(n)
		if err != nil {
			return "", fmt.Errorf("author: %w", err)
		}
		return name, nil
	}
	return "", errors.New("author: missing; say who you are")
}
