package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Validate returns everything that is wrong with the config, and with the
// plans' names where they are in it together, joined; each problem names the config
// key or the blueprint, and what to do. It makes nothing of the plans: whether their
// objects fit is for whoever makes them to say.
func Validate(plans []*plan.Plan, cfg Config) error {
	p := &problems{cfg: cfg.Filled()}
	for _, check := range checks {
		check(p)
	}
	p.plans(plans)
	return errors.Join(p.found...)
}

// checks is the list that a new part of Config is added to.
var checks = []func(*problems){
	(*problems).layer, (*problems).names, (*problems).network, (*problems).cluster, (*problems).nodes,
	(*problems).database, (*problems).hub, (*problems).tenants, (*problems).existing, (*problems).bucket,
	(*problems).prometheus, (*problems).budget, (*problems).workloads, (*problems).egress, (*problems).backup,
	(*problems).ingress,
	(*problems).tracing,
}

// problems gathers what is wrong with a config.
type problems struct {
	cfg   Config
	found []error
}

// key reports a problem with the config key.
func (p *problems) key(name, format string, args ...any) {
	p.found = append(p.found, fmt.Errorf("config %s: %s", name, fmt.Sprintf(format, args...)))
}

// foundation reports whether it is the layer whose keys the check is about. A key of
// the other layer has its default, about which nobody should be told anything.
func (p *problems) foundation() bool { return p.cfg.Layer == LayerFoundation }

// sorted returns the keys of m in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
