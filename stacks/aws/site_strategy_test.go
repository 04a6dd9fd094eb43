package aws

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// judgedBy is the credit blueprint with a strategy.
func judgedBy(s plan.Strategy) *plan.Plan {
	p := credit()
	e := p.Endpoints["scoring"]
	e.Strategy = s
	p.Endpoints["scoring"] = e
	return p
}

func quick(metric string) *plan.Analysis {
	return &plan.Analysis{Confidence: 0.95, MinRequests: 500,
		Metrics: map[string]plan.Predicate{metric: {{Op: plan.Less, Value: 0.05}}}}
}

func TestPodsThatAreJudgedCountAndFindEachOther(t *testing.T) {
	weight := 10
	r := registered(t, cloud(), judgedBy(plan.Strategy{Canary: &plan.Canary{Analysis: quick("latency_p99"),
		Steps: []plan.Step{{SetWeight: &weight}, {Analysis: quick(plan.ErrorRate)}}}}))
	var found []string
	for _, template := range r.All("kubernetes:argoproj.io/v1alpha1:AnalysisTemplate") {
		found = append(found, fmt.Sprint(template.At("metadata.name"), " ",
			template.At("spec.metrics.0.provider.web.jsonBody.analysis.min_requests"), " ",
			template.At("spec.metrics.0.provider.web.jsonBody.analysis.metrics")))
	}
	if len(found) != 3 || !strings.Contains(strings.Join(found, "\n"), "map[latency_p99:[map[op:< value:0.05]]]") {
		t.Errorf("templates %q", found)
	}
	pod := fmt.Sprint(podOf(t, r, "Rollout", "scoring"))
	for _, want := range []string{"rollouts-pod-template-hash", "name:ASHLAR_RELEASE_THRESHOLDS value:0.05",
		"name:ASHLAR_RELEASE_PODS value:scoring-pods.ashlar-credit-risk-prod.svc:8081"} {
		if !strings.Contains(pod, want) {
			t.Errorf("its pods do not have %q:\n%s", want, pod)
		}
	}
	flows := ""
	for _, policy := range r.All("kubernetes:networking.k8s.io/v1:NetworkPolicy") {
		if policy.At("metadata.name") == "endpoint-scoring" {
			flows = fmt.Sprint(policy.At("spec.egress"))
		}
	}
	if !strings.Contains(flows, "podSelector") || !strings.Contains(flows, "port:8081") {
		t.Errorf("its pods do not reach each other: %s", flows)
	}
}

// TestPodsCompareWhereAnAnalysisAsksHowFarVersionsAgree, by as much as it allows, and
// nowhere else: it costs a second prediction.
func TestPodsCompareWhereAnAnalysisAsksHowFarVersionsAgree(t *testing.T) {
	agreeing := quick(plan.Agreement)
	agreeing.Tolerance = 0.25
	for _, c := range []struct {
		analysis *plan.Analysis
		compares bool
	}{{agreeing, true}, {quick(plan.ErrorRate), false}} {
		r := registered(t, cloud(), judgedBy(plan.Strategy{Canary: &plan.Canary{Analysis: c.analysis,
			Steps: []plan.Step{{Pause: "1m"}}}}))
		pod := fmt.Sprint(podOf(t, r, "Rollout", "scoring"))
		if strings.Contains(pod, "name:ASHLAR_RELEASE_TOLERANCE value:0.25") != c.compares {
			t.Errorf("its pods compare: %t\n%s", !c.compares, pod)
		}
	}
}

// TestPodsHaveTheVersionsThatAreComparedOrDivided: each knows the strategy and which
// versions it has, the releaser asks all of them, and neither takes Argo Rollouts. Without
// Argo Rollouts that is so for every strategy that has versions beside each other.
func TestPodsHaveTheVersionsThatAreComparedOrDivided(t *testing.T) {
	weight := 10
	for _, c := range []struct {
		delivery string
		strategy plan.Strategy
	}{
		{config.DeliveryRollout, plan.Strategy{Shadow: &plan.Shadow{Analysis: quick(plan.Agreement), Queue: 10}}},
		{config.DeliveryDeployment, plan.Strategy{Shadow: &plan.Shadow{Queue: 10}}},
		{config.DeliveryDeployment, plan.Strategy{Canary: &plan.Canary{Analysis: quick(plan.Agreement),
			Steps: []plan.Step{{SetWeight: &weight}}}}},
		{config.DeliveryDeployment, plan.Strategy{BlueGreen: &plan.BlueGreen{PrePromotion: quick(plan.ErrorRate)}}},
	} {
		cfg, delivery := cloud(), c.delivery
		cfg.Delivery = delivery
		p := judgedBy(c.strategy)
		r := registered(t, cfg, p)
		if found := r.All("kubernetes:argoproj.io/v1alpha1:AnalysisTemplate"); len(found) > 0 {
			t.Errorf("%s: Argo Rollouts is asked to judge what it does not move", delivery)
		}
		kind := map[string]string{config.DeliveryRollout: "Rollout", config.DeliveryDeployment: "Deployment"}[delivery]
		pod := fmt.Sprint(podOf(t, r, kind, "scoring"))
		if !strings.Contains(pod, "name:ASHLAR_MODELS_WITHIN") || !strings.Contains(pod, "ashlar.dev/models-within") {
			t.Errorf("%s: its pods do not know which versions they have:\n%s", delivery, pod)
		}
		releaser := fmt.Sprint(podOf(t, r, "Deployment", "release-models"))
		if !strings.Contains(releaser, "--pods {endpoint}-pods.ashlar-credit-risk-prod.svc:8081") {
			t.Errorf("%s: the releaser does not know where they are:\n%s", delivery, releaser)
		}
		services, flows := "", ""
		for _, service := range r.All("kubernetes:core/v1:Service") {
			services += fmt.Sprint(service.At("metadata.name"), " ")
		}
		for _, policy := range r.All("kubernetes:networking.k8s.io/v1:NetworkPolicy") {
			if policy.At("metadata.name") == "release-models" {
				flows = fmt.Sprint(policy.At("spec.egress"))
			}
		}
		if !strings.Contains(services, "scoring-pods ") || !strings.Contains(flows, "port:8081") {
			t.Errorf("%s: Services %s; the releaser reaches %s", delivery, services, flows)
		}
		if s := deployed(p, delivery).Endpoints["scoring"].Strategy; s.Kind() != c.strategy.Kind() {
			t.Errorf("%s: the plan that pods have says nothing of the strategy", delivery)
		}
	}
}

// Argo Rollouts writes a Rollout back as its own types have it. What it writes otherwise
// than we do is its own from then on, and whoever applies ours again is in conflict.
func TestARolloutIsWrittenAsItsControllerWritesIt(t *testing.T) {
	weight := 10
	rollouts := registered(t, cloud(), judgedBy(plan.Strategy{Canary: &plan.Canary{Analysis: quick(plan.ErrorRate),
		Steps: []plan.Step{{SetWeight: &weight}, {Analysis: quick(plan.ErrorRate)}}}})).
		All("kubernetes:argoproj.io/v1alpha1:Rollout")
	if len(rollouts) == 0 {
		t.Fatal("there is no Rollout")
	}
	for _, r := range rollouts {
		text, err := json.Marshal(r.At("spec"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `"value":""`) {
			t.Errorf("%s has a variable with an empty value: %s", r.At("metadata.name"), text)
		}
		templates := strings.Count(string(text), `"templates":`)
		if metadata := strings.Count(string(text), `"analysisRunMetadata":{}`); templates != metadata || templates < 2 {
			t.Errorf("%s uses %d analyses, %d with their metadata", r.At("metadata.name"), templates, metadata)
		}
	}
}
