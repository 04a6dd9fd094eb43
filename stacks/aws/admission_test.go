package aws

import (
	"slices"
	"strings"
	"testing"
)

func TestWhatTheAPIServerEnforcesIsRegistered(t *testing.T) {
	cfg := elsewhere()
	object := func(kind string, spec map[string]any) map[string]any {
		return map[string]any{
			"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "spec": spec,
			"metadata": map[string]any{"name": "ashlar-prod-rule",
				"annotations": map[string]any{"ashlar.dev/digest": "sha256:aa"}},
		}
	}
	cfg.Admission = []map[string]any{
		object("ValidatingAdmissionPolicy", map[string]any{"failurePolicy": "Fail"}),
		object("ValidatingAdmissionPolicyBinding",
			map[string]any{"policyName": "ashlar-prod-rule", "validationActions": []any{"Deny"}}),
	}
	r := registered(t, cfg, credit())
	policy := r.One(t, "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy")
	binding := r.One(t, "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding")
	if policy.Text("spec.failurePolicy") != "Fail" || policy.Text("metadata.name") != "ashlar-prod-rule" {
		t.Errorf("%+v", policy)
	}
	if binding.Text("spec.policyName") != "ashlar-prod-rule" || binding.Name == policy.Name {
		t.Errorf("%+v", binding)
	}
	after := func(urn string) bool { return strings.HasSuffix(urn, "::"+policy.Name) }
	if !slices.ContainsFunc(binding.DependsOn, after) {
		t.Errorf("the binding depends on %v alone: for a moment no rule holds", binding.DependsOn)
	}
	// The engine refuses to preview a binding alone that depends on a new policy.
	cfg.Partial = true
	r = registered(t, cfg, credit())
	binding = r.One(t, "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding")
	if slices.ContainsFunc(binding.DependsOn, after) {
		t.Errorf("in a preview of some blueprints the binding depends on %v", binding.DependsOn)
	}
}
