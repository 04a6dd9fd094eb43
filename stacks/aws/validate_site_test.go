package aws

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

func TestWhatCannotStandIsSaidBeforeTheFirstResourceAndAllAtOnce(t *testing.T) {
	p := credit()
	p.Datasets["local"] = plan.Dataset{Source: "file:///srv/a.csv"}
	p.Datasets["outside"] = plan.Dataset{Source: "../other/a.csv", Retention: "for ever"}
	p.Pipelines["soon"] = plan.Pipeline{Model: "default-risk", Schedule: "soon", RetryDelay: "now", Retries: 1}
	p.Pipelines["drift-scoring"] = plan.Pipeline{Model: "default-risk"}
	e := p.Endpoints["scoring"]
	e.Replicas = plan.Replicas{Min: 5, Max: 4}
	p.Endpoints["scoring"] = e
	e.Strategy = plan.Strategy{Canary: &plan.Canary{Steps: []plan.Step{{Pause: "a while"}}}}
	p.Endpoints["slow"] = e
	p.SLOs["bad"] = plan.SLO{Endpoint: "scoring", Objective: 120, Indicator: "availability", Window: "30d"}
	cfg := cloud()
	cfg.Pipelines, cfg.Namespace = config.PipelinesCronJob, cfg.SystemNamespace()
	r, err := pulumitest.Run(Program([]*plan.Plan{p}, cfg, nil))
	for _, want := range []string{
		"blueprint credit-risk: dataset local: source file:///srv/a.csv is nowhere that a pod reaches",
		"dataset outside: source ../other/a.csv leads out", "dataset outside: retention", "retry_delay",
		"pipeline drift-scoring and the drift job of endpoint scoring would both have the CronJob drift-scoring; rename one",
		"endpoint scoring: 5 to 4 replicas", "endpoint slow: strategy: canary step 0: pause", "slo bad: objective 120",
		"namespace ashlar-prod-system is the installation's own",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said:\n%v", want, err)
		}
	}
	if len(r.Resources) != 0 {
		t.Errorf("%d resources were registered before that", len(r.Resources))
	}
}

func TestAScheduleOrAnImageThatIsWrongIsSaidOnce(t *testing.T) {
	cfg := cloud()
	cfg.Image = ""
	p := credit()
	line := p.Pipelines["nightly"]
	line.Schedule = "soon"
	p.Pipelines["nightly"] = line
	err := Validate([]*plan.Plan{p}, cfg)
	if err == nil || strings.Count(err.Error(), "image") < 1 || strings.Contains(err.Error(), "no image") ||
		strings.Count(err.Error(), `schedule "soon"`) != 1 {
		t.Errorf("got %v", err)
	}
}

func TestServicesOfTwoEndpointsMayNotMeet(t *testing.T) {
	p := credit()
	p.Endpoints["scoring-canary"] = plan.Endpoint{Model: "default-risk", Replicas: plan.Replicas{Min: 1, Max: 1},
		Access: &plan.Access{Public: true}}
	if err := Validate([]*plan.Plan{p}, cloud()); err == nil ||
		!strings.Contains(err.Error(), "endpoint scoring and endpoint scoring-canary would both have the Service scoring-canary") {
		t.Errorf("with Argo Rollouts: %v", err)
	}
	if err := Validate([]*plan.Plan{p}, elsewhere()); err != nil {
		t.Errorf("a Deployment has one Service: %v", err)
	}
}

func TestNamesInTheStateOfTwoBlueprintsMayNotMeet(t *testing.T) {
	a, b := credit(), credit()
	a.Name, b.Name = "p", "p-endpoint-q"
	a.Endpoints["q-endpoint-r"] = plan.Endpoint{Model: "default-risk", Replicas: plan.Replicas{Min: 1, Max: 1},
		Access: &plan.Access{Public: true}}
	b.Endpoints["r"] = plan.Endpoint{Model: "default-risk", Replicas: plan.Replicas{Min: 1, Max: 1},
		Access: &plan.Access{Public: true}}
	if err := Validate([]*plan.Plan{a, b}, cloud()); err == nil ||
		!strings.Contains(err.Error(), "p-endpoint-q-endpoint-r would name two things") {
		t.Errorf("got %v", err)
	}
}

func TestAPlanThatNoConfigMapHoldsIsRefused(t *testing.T) {
	p := credit()
	p.Description = strings.Repeat("x", 1<<20)
	if err := Validate([]*plan.Plan{p}, cloud()); err == nil || !strings.Contains(err.Error(), "split the blueprint") {
		t.Errorf("got %v", err)
	}
}
