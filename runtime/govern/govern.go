// Package govern decides what may be served, and says why where it may not.
//
// The registry keeps what was decided; the plan says what is asked for today.
// This package holds the one against the other, so that a rule tightened in the
// blueprint applies to versions that were approved before it.
package govern

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	Pending int // newest version that waits for approval; 0: none does
}

// Error lists the reasons and the command that helps.
func (e *NotServableError) Error() string {
	out := fmt.Sprintf("model %s has no version that may be served: %s", e.Model, strings.Join(e.Reasons, "; "))
	if e.Pending > 0 {
		out += fmt.Sprintf("; approve with: ashlar model approve %s %d --by NAME", e.Model, e.Pending)
	}
	return out
}

// Choose returns the newest version that may be served under the rule, or a
// *NotServableError.
func Choose(ctx context.Context, r Reader, model string, rule plan.Approval) (registry.Version, error) {
	versions, err := r.Versions(ctx, model)
	if err != nil {
		return registry.Version{}, err
	}
	none := &NotServableError{Model: model}
	for _, v := range versions {
		reasons := Objections(v, rule)
		if len(reasons) == 0 {
			return v, nil
		}
		if v.Status == registry.Pending && none.Pending == 0 {
			none.Pending = v.Version
		}
		none.Reasons = append(none.Reasons, fmt.Sprintf("version %d %s", v.Version, strings.Join(reasons, " and ")))
	}
	if len(versions) == 0 {
		none.Reasons = []string{"none is registered; `ashlar up` trains one"}
	}
	return registry.Version{}, none
}

// Objections returns every reason why the version may not be served under the
// rule that the plan has today; none means that it may.
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
	if v.Status != registry.Approved || rule.Policy == "auto" {
		return out
	}
	people := approvers(v, rule)
	if want := max(1, rule.Count); len(people) < want {
		out = append(out, fmt.Sprintf("has %d of the %d approvals that the blueprint asks for", len(people), want))
	}
	return out
}

// approvers are the different people whose approval counts under the rule.
func approvers(v registry.Version, rule plan.Approval) []string {
	var out []string
	for _, d := range v.Decisions {
		who := strings.ToLower(strings.TrimSpace(d.By))
		named := len(rule.Approvers) == 0 || slices.ContainsFunc(rule.Approvers, func(a string) bool { return strings.EqualFold(strings.TrimSpace(a), who) })
		author := rule.NotAuthor && strings.EqualFold(who, strings.TrimSpace(v.Author))
		if d.Verdict == registry.Approved && who != registry.PolicyActor && named && !author && !slices.Contains(out, who) {
			out = append(out, who)
		}
	}
	return out
}
