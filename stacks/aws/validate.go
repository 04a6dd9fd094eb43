package aws

import (
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Validate returns everything that keeps the plans from standing where cfg
// says, joined, each naming the config key or the plan's concept and what to
// do. A nil error means that Program registers resources.
func Validate(plans []*plan.Plan, cfg Config) error {
	p := &problems{cfg: cfg.filled()}
	for _, check := range checks {
		check(p)
	}
	p.plans(plans)
	p.sites(plans)
	return errors.Join(p.found...)
}

// checks is the list that a new part of Config is added to.
var checks = []func(*problems){
	(*problems).layer, (*problems).names, (*problems).network, (*problems).cluster,
	(*problems).database, (*problems).github, (*problems).workloads, (*problems).egress,
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

func (p *problems) foundation() bool { return p.cfg.Layer == LayerFoundation }
