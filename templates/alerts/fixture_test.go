package alerts

import (
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// sample is a blueprint with an objective of every kind.
func sample() *plan.Plan {
	return &plan.Plan{
		APIVersion: plan.APIVersion, Name: "credit-risk", Environment: "prod",
		Owner: plan.Owner{Team: "lending", Email: "lending@example.com"},
		Endpoints: map[string]plan.Endpoint{
			"scoring": {Model: "default-risk", Replicas: plan.Replicas{Min: 1, Max: 1},
				Drift: &plan.Drift{Window: "1h", Alert: plan.DriftAlert{Share: 0.5, Windows: 2, Of: 3}, Retrain: true}},
			"plain": {Model: "default-risk", Replicas: plan.Replicas{Min: 1, Max: 1}},
		},
		Pipelines: map[string]plan.Pipeline{
			"nightly": {Model: "default-risk", Schedule: "@daily", Retries: 1,
				OnFailure: plan.OnFailure{Email: []string{"oncall@example.com"}}},
		},
		SLOs: map[string]plan.SLO{
			"availability": {Endpoint: "scoring", Objective: 99.9, Indicator: "availability", Window: "30d"},
			"latency": {Endpoint: "scoring", Objective: 99, Indicator: "latency",
				Threshold: plan.Threshold{Duration: "50ms"}, Window: "30d"},
			"quality": {Endpoint: "scoring", Objective: 95, Indicator: "roc_auc",
				Threshold: plan.Threshold{Value: 0.78}, Window: "30d"},
		},
	}
}

func inCluster() Options { return Options{Namespace: "credit-risk", Engine: Argo} }

// rulesOf returns the rules of the groups by alert or record, in order.
func rulesOf(t *testing.T, groups []Group, name string) []Rule {
	t.Helper()
	var out []Rule
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.Alert == name || r.Record == name {
				out = append(out, r)
			}
		}
	}
	if len(out) == 0 {
		t.Fatalf("there is no rule %s", name)
	}
	return out
}

func mustSLO(t *testing.T, p *plan.Plan, name string) []Group {
	t.Helper()
	groups, err := SLO(p, name, inCluster())
	if err != nil {
		t.Fatal(err)
	}
	return groups
}
