package main

import (
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies/admission"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// admission returns what the API server enforces by itself: the rules about
// Kubernetes that hold of each blueprint, in its namespace. The objects belong
// to the cluster, so they are named after the stack and the blueprint: another stack may
// deploy another blueprint beside it. A policy that several blueprints are bound to is
// there once, before the first of its bindings.
func (l *loaded) admission(cfg config.Config, now time.Time) []map[string]any {
	if cfg.Layer == config.LayerFoundation {
		return nil
	}
	var out []map[string]any
	known := map[string]bool{} // policies, by name
	for i, p := range l.plans {
		set := l.sets[i]
		objects, _ := admission.Objects(set.Rules(), admission.Options{ // `ashlar policy list` says which cannot
			Prefix: cfg.AdmissionOf(p.Name), Shared: cfg.SharedAdmission(),
			Namespaces: []string{cfg.NamespaceOf(p)}, Environment: cfg.Environment,
			Exemptions: func(rule string) []plan.Exemption { return set.Exemptions(rule, now) },
		})
		for _, one := range objects {
			if name := policyName(one); name != "" {
				if known[name] {
					continue
				}
				known[name] = true
			}
			out = append(out, one)
		}
	}
	return out
}

// policyName is what a ValidatingAdmissionPolicy is called; "" of anything else.
func policyName(object map[string]any) string {
	if object["kind"] != "ValidatingAdmissionPolicy" {
		return ""
	}
	metadata, _ := object["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	return name
}
