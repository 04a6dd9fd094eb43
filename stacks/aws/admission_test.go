package aws

import "testing"

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
}
