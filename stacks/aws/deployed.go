package aws

import (
	"maps"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// deployed returns the plan as pods see it: without what only the platform acts
// on, which is how many replicas there are, how a new version is rolled out where each
// pod has one version, how requests get in, when pipelines run, and which resources,
// nodes and priority pods get. So a changed replica count, size or schedule changes the
// one object that carries it out, and restarts nothing else. Everything that a pod's
// work depends on is left as it is.
func deployed(p *plan.Plan, delivery string) *plan.Plan {
	out := *p
	out.Endpoints = maps.Clone(p.Endpoints)
	for name, e := range out.Endpoints {
		e.Replicas, e.Pods = plan.Replicas{Min: 1, Max: 1}, plan.Pods{}
		if !withinPods(e.Strategy, delivery) {
			e.Strategy = plan.Strategy{}
		}
		e.Priority, e.Traffic, e.Expose = "", nil, nil
		out.Endpoints[name] = e
	}
	out.Pipelines = maps.Clone(p.Pipelines)
	for name, line := range out.Pipelines {
		line.Schedule, line.Retries, line.RetryDelay, line.Catchup, line.Concurrency = "", 0, "", false, ""
		line.Builtin, line.Resources, line.Priority = nil, nil, ""
		out.Pipelines[name] = line
	}
	return &out
}
