package main

import (
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/policies/admission"
	"github.com/ashlar-dev/ashlar/stacks/aws"
)

// admission returns what the API server enforces by itself: the rules about
// Kubernetes that hold of each blueprint, in its namespace. Blueprints that the
// same rules hold of share the objects.
func (l *loaded) admission(cfg aws.Config, now time.Time) []map[string]any {
	if cfg.Layer == aws.LayerFoundation {
		return nil
	}
	var out []map[string]any
	done := map[*policies.Set]bool{}
	for i, set := range l.sets {
		if done[set] {
			continue
		}
		done[set] = true
		opt := admission.Options{
			Prefix: cfg.Name + "-" + cfg.Environment, Environment: cfg.Environment,
			Exemptions: func(rule string) []plan.Exemption { return set.Exemptions(rule, now) },
		}
		for j, p := range l.plans {
			if l.sets[j] == set {
				opt.Namespaces = append(opt.Namespaces, cfg.NamespaceOf(p))
			}
		}
		if len(opt.Namespaces) < len(l.plans) {
			opt.Prefix += "-" + l.plans[i].Name // others hold of the rest
		}
		objects, _ := admission.Objects(set.Rules(), opt) // `ashlar policy list` says which cannot
		out = append(out, objects...)
	}
	return out
}
