package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
)

// Analyze checks one resource's inputs against the rules that need no other.
func (a *analyzer) Analyze(_ context.Context, req *pulumirpc.AnalyzeRequest) (*pulumirpc.AnalyzeResponse, error) {
	rules, environment, err := a.loaded()
	if err != nil {
		return nil, err
	}
	_, r, err := registered(req)
	if err != nil {
		return nil, err
	}
	out := &pulumirpc.AnalyzeResponse{}
	rules.judge(func(j *policies.Judge) {
		out.Diagnostics = rules.diagnostics(r.URN, j.CheckResource(r, environment, a.now()))
	})
	return out, nil
}

// AnalyzeStack checks every resource against the rules that look at what it
// uses and what uses it, and reports exemptions that have expired.
func (a *analyzer) AnalyzeStack(_ context.Context,
	req *pulumirpc.AnalyzeStackRequest) (*pulumirpc.AnalyzeResponse, error) {
	rules, environment, err := a.loaded()
	if err != nil {
		return nil, err
	}
	var all []policies.Registered
	for _, res := range req.GetResources() {
		properties, err := unmarshal(res.GetProperties(), res.GetUrn())
		if err != nil {
			return nil, err
		}
		r := policies.Registered{URN: res.GetUrn(), Type: res.GetType(), Name: res.GetName(),
			Properties: plain(properties)}
		for _, property := range slices.Sorted(maps.Keys(res.GetPropertyDependencies())) {
			r.References = append(r.References, res.GetPropertyDependencies()[property].GetUrns()...)
		}
		all = append(all, r)
	}
	out := &pulumirpc.AnalyzeResponse{}
	rules.judge(func(j *policies.Judge) {
		found := j.CheckStack(all, environment, a.now())
		for _, urn := range slices.Sorted(maps.Keys(found)) {
			out.Diagnostics = append(out.Diagnostics, rules.diagnostics(urn, found[urn])...)
		}
	})
	for _, f := range rules.set.Expired(a.now()) {
		if f.About == policies.Resource {
			out.Diagnostics = append(out.Diagnostics, rules.diagnostics("", []policies.Finding{f})...)
		}
	}
	return out, nil
}

// diagnostics are the findings on one resource, one a rule. An undecided
// finding is said but refuses nothing, an exempt one too.
func (r *ruleset) diagnostics(urn string, findings []policies.Finding) []*pulumirpc.AnalyzeDiagnostic {
	var out []*pulumirpc.AnalyzeDiagnostic
	type key struct {
		policy, kind string
	}
	byRule := map[key][]policies.Finding{}
	var order []key
	for _, f := range findings {
		k := key{f.Policy, ""}
		switch {
		case f.Exempt != nil:
			k.kind = "exempt"
		case f.Undecided:
			k.kind = "undecided"
		}
		if byRule[k] == nil {
			order = append(order, k)
		}
		byRule[k] = append(byRule[k], f)
	}
	for _, k := range order {
		found := byRule[k]
		rule, err := r.set.Rule(k.policy)
		if err != nil || r.level(rule) == plan.Disabled {
			continue
		}
		if _, refused := byRule[key{k.policy, ""}]; refused && k.kind == "undecided" {
			continue // it is refused whatever becomes known
		}
		d := &pulumirpc.AnalyzeDiagnostic{
			PolicyName: k.policy, PolicyPackName: packName, PolicyPackVersion: version(), Description: rule.Title,
			Message: message(k.kind, found), EnforcementLevel: levels[r.level(rule)], Urn: urn,
		}
		if k.kind != "" {
			d.EnforcementLevel = pulumirpc.EnforcementLevel_ADVISORY
		}
		out = append(out, d)
	}
	return out
}

// message says what was found, why it matters, what to change, and which rule
// it was.
func message(kind string, found []policies.Finding) string {
	var lines []string
	for _, f := range found {
		lines = append(lines, f.Message)
	}
	f := found[0]
	switch kind {
	case "undecided":
		lines = append([]string{"undecided: it is known only after the update"}, lines...)
	case "exempt":
		lines = append([]string{fmt.Sprintf("exempt until %s: %s (%s)", f.Exempt.Expires, f.Exempt.Reason,
			f.Exempt.Owner)}, lines...)
	}
	lines = append(lines, "because "+f.Reason, "fix: "+f.Fix, "rule "+f.Digest)
	return strings.Join(lines, "\n")
}

// Remediate puts a resource's inputs right where a rule can.
func (a *analyzer) Remediate(_ context.Context, req *pulumirpc.AnalyzeRequest) (*pulumirpc.RemediateResponse, error) {
	rules, environment, err := a.loaded()
	if err != nil {
		return nil, err
	}
	properties, r, err := registered(req)
	if err != nil {
		return nil, err
	}
	out := &pulumirpc.RemediateResponse{}
	var remedies []*policies.Rule
	rules.judge(func(j *policies.Judge) {
		remedies = j.Remedies(r, environment, a.now(),
			func(r *policies.Rule) bool { return rules.level(r) == plan.Remediate })
	})
	for _, rule := range remedies {
		properties = merge(properties, resource.NewPropertyMapFromMap(rule.Remedy))
		wire, err := marshal(properties, req.GetUrn())
		if err != nil {
			return nil, err
		}
		out.Remediations = append(out.Remediations, &pulumirpc.Remediation{
			PolicyName: rule.ID, PolicyPackName: packName, PolicyPackVersion: version(),
			Description: rule.Title, Properties: wire,
		})
	}
	return out, nil
}
