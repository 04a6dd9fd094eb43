package main

import (
	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
)

// loadPlan returns the plan of the blueprint in dir with the rules about
// evidence that apply to it, which the runtime enforces. Every verb that shows a
// plan or hands one on takes it from here, so that all name the same digest.
func loadPlan(dir, environment string) (*plan.Plan, error) {
	p, err := blueprints.LoadDir(dir, environment)
	if err != nil {
		return nil, err
	}
	var library policies.Library
	set, err := library.For(dir)
	if err != nil {
		return nil, err
	}
	return set.Attach(p), nil
}
