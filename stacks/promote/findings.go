package promote

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/runtime/govern"
)

// pinRule is what findings about a pin itself are filed under. It is no rule of
// a pack, since nobody may turn it off.
const pinRule = "pin/evidence"

// CompareFunc compares evidence with what a registry recorded; no finding is
// evidence that is the record.
type CompareFunc func(dir string, pin plan.Pin, of govern.Promotion) (*policies.Finding, error)

// Findings are what is wrong with the plan's pins: evidence that does not
// verify or was edited, approvals that are missing, gates that are tighter by now,
// and the policies about evidence, each under the digest of its rule.
func Findings(dir string, p *plan.Plan, at blueprints.Positions, now time.Time,
	compare CompareFunc) ([]policies.Finding, error) {
	var out []policies.Finding
	for _, model := range slices.Sorted(maps.Keys(p.Pins)) {
		pin := p.Pins[model]
		note := func(f policies.Finding) {
			f.About, f.Subject, f.Environments = policies.Evidence, model, []string{p.Environment}
			f.PlanPath, f.Path = []string{"pins", model}, "pins."+model
			f.File, f.Line, f.Col = at.Of(f.PlanPath...)
			out = append(out, f)
		}
		wrong := func(message, fix string) {
			note(policies.Finding{
				Policy: pinRule, Title: "A pin's evidence verifies", Level: plan.Mandatory,
				Message: "pin of " + model + ": " + message,
				Reason:  "what is served was promoted on evidence, and must still be worth it", Fix: fix,
			})
		}
		of, err := ReadEvidence(dir, model, pin)
		if err != nil {
			wrong(err.Error(), "promote the version again, or revert what changed the pin or its evidence")
			continue
		}
		if compare != nil {
			found, err := compare(dir, pin, of)
			if err != nil {
				return nil, err
			}
			if found != nil {
				note(*found)
			}
		}
		verdict, err := Judge(p, of, now)
		if err != nil {
			return nil, err
		}
		for _, reason := range verdict.Reasons {
			wrong(fmt.Sprintf("version %d %s", pin.Version, reason),
				"promote a version that meets it, or `ashlar model rollback "+model+" --env "+p.Environment+"`")
		}
		for _, r := range verdict.Refused {
			note(policies.Finding{
				Policy: r.Policy, Title: r.Reason, Level: r.Level, Digest: r.Digest, Found: r.Found,
				Message: "pin of " + model + ": version " + fmt.Sprint(pin.Version) + ": " + r.Found,
				Reason:  r.Reason, Fix: r.Fix,
			})
		}
	}
	return out, nil
}
