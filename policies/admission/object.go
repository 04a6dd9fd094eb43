package admission

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

const apiVersion = "admissionregistration.k8s.io/v1"

// objects are the policy and its binding.
func (c Compiled) objects(opt Options) ([]map[string]any, error) {
	policy := c.policy(opt)
	name := c.name(opt)
	if opt.Shared != "" {
		says, err := plan.DigestOf(policy)
		if err != nil {
			return nil, err
		}
		name = opt.Shared + "-" + c.word() + "-" + strings.TrimPrefix(says, "sha256:")[:sharedDigits]
	}
	policy["metadata"].(map[string]any)["name"] = name
	return []map[string]any{policy, c.binding(opt, name)}, nil
}

// sharedDigits is how much of a digest tells two policies of one rule apart.
const sharedDigits = 12

// metadata names the rule and its digest, so that an object in a cluster leads back
// to the very rule that it was made from.
func (c Compiled) metadata() map[string]any {
	return map[string]any{
		"labels": map[string]any{"app.kubernetes.io/managed-by": "ashlar", "app.kubernetes.io/component": "policy"},
		"annotations": map[string]any{
			"ashlar.dev/rule": c.Rule.ID, "ashlar.dev/digest": c.Rule.Digest, "ashlar.dev/level": string(c.Rule.Level),
		},
	}
}

// policy is the ValidatingAdmissionPolicy, without a name. failurePolicy is Fail: an expression that
// cannot be evaluated must not let an object through. dyn keeps CEL's type checker
// from refusing fields that only some of the kinds have.
func (c Compiled) policy(opt Options) map[string]any {
	r := c.Rule
	// The pod's variable is there only if an expression uses it.
	variables := []any{map[string]any{"name": "object", "expression": "dyn(object)"}}
	if strings.Contains(c.Expression+c.Conditions, "variables.pod") {
		variables = append(variables, map[string]any{"name": "pod", "expression": podExpression})
	}
	spec := map[string]any{
		"failurePolicy":    "Fail",
		"matchConstraints": map[string]any{"resourceRules": resourceRules(c.Kinds)},
		"variables":        variables,
		"validations": []any{map[string]any{
			"expression": c.Expression,
			"reason":     "Forbidden",
			"message":    line(r.ID + " (" + r.Digest + "): " + r.Title + ": " + r.Reason + "; fix: " + r.Fix),
		}},
		"auditAnnotations": []any{map[string]any{"key": "rule-digest",
			"valueExpression": strconv.Quote(r.ID + " " + r.Digest)}},
	}
	var conditions []any
	if c.Conditions != "" {
		// Variables are not there yet when conditions are judged.
		expression := strings.NewReplacer("variables.object", "dyn(object)", "variables.pod", "("+inline(podExpression)+
			")").Replace(c.Conditions)
		conditions = append(conditions, map[string]any{"name": "speaks-of-it", "expression": expression})
	}
	if names := exempt(opt, r.ID); len(names) > 0 {
		quoted := make([]string, len(names))
		for i, n := range names {
			quoted[i] = strconv.Quote(n)
		}
		conditions = append(conditions, map[string]any{"name": "not-exempt",
			"expression": "!(object.metadata.name in [" + strings.Join(quoted, ", ") + "])"})
	}
	if len(conditions) > 0 {
		spec["matchConditions"] = conditions
	}
	return map[string]any{"apiVersion": apiVersion, "kind": "ValidatingAdmissionPolicy",
		"metadata": c.metadata(), "spec": spec}
}

// binding puts the policy into force. Audit is beside Deny and Warn so that the API
// server's own log has the rule's digest. Namespaces are selected by the label that
// the API server itself sets on each.
func (c Compiled) binding(opt Options, policy string) map[string]any {
	actions := []any{"Deny", "Audit"}
	if !c.Rule.Level.Refuses() {
		actions = []any{"Warn", "Audit"}
	}
	spec := map[string]any{"policyName": policy, "validationActions": actions}
	if len(opt.Namespaces) > 0 {
		names := make([]any, len(opt.Namespaces))
		for i, n := range slices.Sorted(slices.Values(opt.Namespaces)) {
			names[i] = n
		}
		spec["matchResources"] = map[string]any{"namespaceSelector": map[string]any{"matchExpressions": []any{
			map[string]any{"key": "kubernetes.io/metadata.name", "operator": "In", "values": names},
		}}}
	}
	metadata := c.metadata()
	metadata["name"] = c.name(opt)
	return map[string]any{"apiVersion": apiVersion, "kind": "ValidatingAdmissionPolicyBinding",
		"metadata": metadata, "spec": spec}
}

// exempt are the names of objects that a rule leaves alone.
func exempt(opt Options, rule string) []string {
	if opt.Exemptions == nil {
		return nil
	}
	var out []string
	for _, x := range opt.Exemptions(rule) {
		out = append(out, x.Subjects...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// line makes one line of a text.
// The API server refuses messages with line ends.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }
