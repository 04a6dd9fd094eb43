package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// urgent is the credit blueprint whose endpoint goes before its pipeline.
func urgent() *plan.Plan {
	p := credit()
	e, line := p.Endpoints["scoring"], p.Pipelines["nightly"]
	e.Priority, line.Priority = plan.HighPriority, plan.LowPriority
	p.Endpoints["scoring"], p.Pipelines["nightly"] = e, line
	return p
}

func TestPodsHaveTheClassOfTheirPriority(t *testing.T) {
	for _, engine := range []string{config.PipelinesArgo, config.PipelinesCronJob} {
		cfg := cloud()
		cfg.Pipelines, cfg.HighPriorityClass, cfg.LowPriorityClass = engine, "critical", "batch"
		r := registered(t, cfg, urgent())
		if got := podOf(t, r, "Rollout", "scoring")["priorityClassName"]; got != "critical" {
			t.Errorf("the endpoint's pods have the class %v", got)
		}
		if engine == config.PipelinesCronJob {
			if got := podOf(t, r, "CronJob", "nightly")["priorityClassName"]; got != "batch" {
				t.Errorf("the pipeline's pod has the class %v", got)
			}
			continue
		}
		stages := 0
		for _, w := range r.All("kubernetes:argoproj.io/v1alpha1:WorkflowTemplate") {
			for _, one := range list(w.At("spec").(map[string]any)["templates"]) {
				if fmt.Sprint(one["name"]) == "finish" || one["container"] == nil {
					continue
				}
				if stages++; one["priorityClassName"] != "batch" {
					t.Errorf("stage %v has the class %v", one["name"], one["priorityClassName"])
				}
			}
		}
		if stages != 6 {
			t.Errorf("%d stages were looked at", stages)
		}
	}
}

func TestAPriorityWithoutAClassIsRefused(t *testing.T) {
	err := Validate([]*plan.Plan{urgent()}, cloud())
	for _, want := range []string{`endpoint scoring: priority "high" has no class`,
		`pipeline nightly: priority "low" has no class`, "pulumi config set lowPriorityClass CLASS"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q: %v", want, err)
		}
	}
	cfg := cloud()
	cfg.HighPriorityClass, cfg.LowPriorityClass = "Critical Class", "batch"
	if err := Validate([]*plan.Plan{urgent()}, cfg); err == nil || !strings.Contains(err.Error(), "highPriorityClass") {
		t.Errorf("a class that cannot be: %v", err)
	}
}
