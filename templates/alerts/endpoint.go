package alerts

import (
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Endpoint returns the groups of an endpoint that need no SLO: nothing serves
// it, and its data has drifted. Nobody serving is an alert of its own because
// pods that are gone export no errors: an availability SLO would see silence.
func Endpoint(p *plan.Plan, name string, opt Options) ([]Group, error) {
	e, ok := p.Endpoints[name]
	if !ok {
		return nil, fmt.Errorf("endpoint %s: the plan has none of that name", name)
	}
	labels := with(identity(p, name, opt), "team", p.Owner.Team)
	if err := errors.Join(printable("label", labels),
		printable("owner", map[string]string{"email": p.Owner.Email})); err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", name, err)
	}
	// absent() is 1 only where no series matches, so it also fires for an endpoint
	// that was never deployed. Ten minutes cover a roll-out of a single pod.
	rules := []Rule{{
		Alert:  "EndpointNotServing",
		Expr:   fmt.Sprintf("absent(%s%s)", information, scraped(name, opt)),
		For:    "10m",
		Labels: with(labels, "severity", Page),
		Annotations: map[string]string{
			"summary":     fmt.Sprintf("no pod of %s serves a model", name),
			"description": "No pod that Prometheus scrapes has a model loaded: none is approved, none runs, or none can read the store.",
			"owner":       p.Owner.Email,
		},
	}}
	if e.Replicas.Min == 0 {
		rules = nil // no pod may run for days
	}
	if e.Drift != nil {
		rules = append(rules, drifted(p, name, *e.Drift, labels, opt))
	}
	if len(rules) == 0 {
		return nil, nil
	}
	return []Group{{Name: "endpoint-" + p.Name + "-" + name, Rules: rules}}, nil
}
