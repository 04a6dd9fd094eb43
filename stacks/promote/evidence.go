// Package promote pins model versions in a repository: the pin in pins.cue, the
// evidence beside it, and the findings of checks about both. A promotion is files
// that somebody reviews and commits; nothing is served by it until then.
package promote

import (
	"fmt"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
	"github.com/ashlar-dev/ashlar/runtime/govern"
)

// EvidenceFile is the path of a promotion's evidence below the blueprint's folder,
// with slashes.
func EvidenceFile(model string, version int) string {
	return fmt.Sprintf("evidence/%s-%d.json", model, version)
}

// ReadEvidence reads the evidence that the pin names. It returns an error where the
// file is not the one that was pinned, or is about another version.
func ReadEvidence(dir, model string, pin plan.Pin) (govern.Promotion, error) {
	name := EvidenceFile(model, pin.Version)
	f, err := source.Below(dir).Open(name) // whoever proposes the pin chooses what links name
	if err != nil {
		return govern.Promotion{}, fmt.Errorf("the evidence %s cannot be read: %w", name, err)
	}
	defer func() { _ = f.Close() }() // only read
	p, digest, err := govern.DecodePromotion(f)
	if err != nil {
		return p, fmt.Errorf("the evidence %s is damaged: %w", name, err)
	}
	if digest != pin.Evidence {
		return p, fmt.Errorf("the evidence %s is %s, the pin names %s", name, plan.ShortDigest(digest),
			plan.ShortDigest(pin.Evidence))
	}
	wrong := govern.Differences(pin, p.Version)
	if pin.Plan != p.Version.PlanDigest {
		wrong = append(wrong, fmt.Sprintf("its plan is %s, pinned is %s", plan.ShortDigest(p.Version.PlanDigest),
			plan.ShortDigest(pin.Plan)))
	}
	if p.Version.Model != model || p.Version.Version != pin.Version {
		wrong = append(wrong, fmt.Sprintf("it is of %s version %d", p.Version.Model, p.Version.Version))
	}
	if len(wrong) > 0 {
		return p, fmt.Errorf("the evidence %s is of another version: %s", name, strings.Join(wrong, ", "))
	}
	return p, nil
}

// Judge says whether the version that the evidence is about may be served under
// the plan: its approvals, today's gates, and the policies about evidence.
func Judge(p *plan.Plan, of govern.Promotion, now time.Time) (govern.Verdict, error) {
	rules, err := govern.NewRules(p)
	if err != nil {
		return govern.Verdict{}, err
	}
	v := of.Version
	m := p.Models[v.Model]
	verdict, err := govern.Requirements{Model: v.Model, Approval: m.Approval, Rules: rules, Now: now}.Judge(v)
	for _, gate := range govern.Unmet(m.Require, v) {
		verdict.Reasons = append(verdict.Reasons, "does not meet today's gates: "+gate)
	}
	return verdict, err
}
