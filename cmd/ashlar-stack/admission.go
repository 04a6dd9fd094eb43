package main

import (
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies/admission"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// admission returns what the API server enforces by itself: the rules about
// Kubernetes that hold of each blueprint, in its namespace. The objects belong
// to the cluster, so they are named after the blueprint: another stack may
// deploy another blueprint beside it.
func (l *loaded) admission(cfg config.Config, now time.Time) []map[string]any {
	if cfg.Layer == config.LayerFoundation {
		return nil
	}
	var out []map[string]any
	for i, p := range l.plans {
		set := l.sets[i]
		objects, _ := admission.Objects(set.Rules(), admission.Options{ // `ashlar policy list` says which cannot
			Prefix: cfg.Name + "-" + cfg.Environment + "-" + p.Name, Namespaces: []string{cfg.NamespaceOf(p)},
			Environment: cfg.Environment,
			Exemptions:  func(rule string) []plan.Exemption { return set.Exemptions(rule, now) },
		})
		out = append(out, objects...)
	}
	return out
}
