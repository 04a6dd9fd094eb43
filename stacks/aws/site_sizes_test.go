package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// sizes is the credit blueprint with resources wherever they can be stated.
func sizes() *plan.Plan {
	p := credit()
	e := p.Endpoints["scoring"]
	e.Pods = plan.Pods{Resources: &plan.Resources{CPU: "2", Memory: "3Gi"}, NodeSelector: map[string]string{"disk": "ssd"},
		Tolerations: []plan.Toleration{{Key: "big", Operator: "Exists"}}}
	p.Endpoints["scoring"] = e
	line := p.Pipelines["nightly"]
	line.Resources = &plan.Resources{CPU: "1", Memory: "2Gi"}
	line.Builtin = map[string]plan.Pods{plan.StageTrain: {Resources: &plan.Resources{Memory: "8Gi"},
		NodeSelector: map[string]string{"pool": "large"}, Tolerations: []plan.Toleration{{Key: "large", Operator: "Exists"}}}}
	p.Pipelines["nightly"] = line
	return p
}

// resourcesOf are the resources of the only container of a pod's spec, as text.
func resourcesOf(spec map[string]any) string {
	containers := list(spec["containers"])
	if len(containers) != 1 {
		return fmt.Sprint(containers)
	}
	return fmt.Sprint(containers[0]["resources"])
}

func podOf(t *testing.T, r *pulumitest.Recording, kind, name string) map[string]any {
	t.Helper()
	for _, res := range objects(r) {
		if strings.HasSuffix(res.Type, ":"+kind) && res.Text("metadata.name") == name {
			for _, spec := range podSpecs(res) {
				return spec
			}
		}
	}
	t.Fatalf("no pod of %s %s", kind, name)
	return nil
}

func TestPodsGetWhatTheBlueprintGivesThem(t *testing.T) {
	cfg := cloud()
	cfg.Pipelines = config.PipelinesArgo
	r := registered(t, cfg, sizes())
	served := podOf(t, r, "Rollout", "scoring")
	if got, want := resourcesOf(served), "map[limits:map[memory:3Gi] requests:map[cpu:2 memory:3Gi]]"; got != want {
		t.Errorf("serving gets %s, want %s", got, want)
	}
	if fmt.Sprint(served["nodeSelector"]) != "map[disk:ssd]" ||
		!strings.Contains(fmt.Sprint(served["tolerations"]), "big") {
		t.Errorf("it serves on %v %v", served["nodeSelector"], served["tolerations"])
	}
	stages := map[string]map[string]any{}
	for _, w := range r.All("kubernetes:argoproj.io/v1alpha1:WorkflowTemplate") {
		for _, one := range list(w.At("spec").(map[string]any)["templates"]) {
			stages[fmt.Sprint(one["name"])] = one
		}
	}
	for name, want := range map[string]string{
		"ingest": "map[limits:map[memory:2Gi] requests:map[cpu:1 memory:2Gi]]",
		"train":  "map[limits:map[memory:8Gi] requests:map[cpu:1 memory:8Gi]]",
	} {
		c, _ := stages[name]["container"].(map[string]any)
		if got := fmt.Sprint(c["resources"]); got != want {
			t.Errorf("stage %s gets %s, want %s", name, got, want)
		}
	}
	if fmt.Sprint(stages["train"]["nodeSelector"]) != "map[pool:large]" || stages["ingest"]["nodeSelector"] != nil ||
		!strings.Contains(fmt.Sprint(stages["train"]["tolerations"]), "large") {
		t.Errorf("train is on %v, ingest on %v", stages["train"]["nodeSelector"], stages["ingest"]["nodeSelector"])
	}
	// The job that judges drift retrains, in all stages.
	if got, want := resourcesOf(podOf(t, r, "CronJob", "drift-scoring")),
		"map[limits:map[memory:8Gi] requests:map[cpu:1 memory:8Gi]]"; got != want {
		t.Errorf("a retrain gets %s, want %s", got, want)
	}
}

func TestOnePodForAllStagesGetsTheMostOfThem(t *testing.T) {
	cfg := cloud()
	cfg.Pipelines = config.PipelinesCronJob
	p := sizes()
	spec := podOf(t, registered(t, cfg, p), "CronJob", "nightly")
	if got, want := resourcesOf(spec), "map[limits:map[memory:8Gi] requests:map[cpu:1 memory:8Gi]]"; got != want {
		t.Errorf("it gets %s, want %s", got, want)
	}
	if fmt.Sprint(spec["nodeSelector"]) != "map[pool:large]" {
		t.Errorf("it is on %v", spec["nodeSelector"])
	}
	p.Pipelines["nightly"].Builtin[plan.StagePrepare] = plan.Pods{NodeSelector: map[string]string{"pool": "small"}}
	if err := Validate([]*plan.Plan{p}, cfg); err == nil || !strings.Contains(err.Error(), "pool=small and pool=large") {
		t.Errorf("on two kinds of nodes at once: %v", err)
	}
}

func TestAServerThatUsesAGPUGetsOne(t *testing.T) {
	p := sizes()
	m := p.Models["default-risk"]
	m.Algorithm, m.Artifact = plan.Custom, &plan.Artifact{Flavor: plan.PyFunc, Image: "r.example.com/py@sha256:1"}
	p.Models["default-risk"] = m
	e := p.Endpoints["scoring"]
	e.Resources = &plan.Resources{GPU: 2}
	p.Endpoints["scoring"] = e
	r := registered(t, cloud(), p)
	spec := podOf(t, r, "Rollout", "scoring")
	want := "map[limits:map[memory:512Mi " + pod.GPUResource + ":2] requests:map[cpu:250m memory:512Mi]]"
	if got := resourcesOf(spec); got != want {
		t.Errorf("it gets %s, want %s", got, want)
	}
	if !strings.Contains(fmt.Sprint(spec["tolerations"]), "training") {
		t.Errorf("it cannot run where the GPUs are: %v", spec["tolerations"])
	}
	quota := r.All("kubernetes:core/v1:ResourceQuota")
	found := false
	for _, q := range quota {
		hard, _ := q.At("spec.hard").(map[string]any)
		found = found || hard["requests."+pod.GPUResource] == "40"
	}
	if !found {
		t.Errorf("10 replicas of 2 GPUs, twice over, do not fit: %v", quota)
	}
}

func TestTheQuotaHoldsWhatTheBlueprintAsksFor(t *testing.T) {
	p := credit()
	if q := quota(p); q.Pods != 64 || q.CPU != 32 || q.MemoryGi != 128 || q.GPU != 0 {
		t.Errorf("the usual one is %+v", q)
	}
	e := p.Endpoints["scoring"]
	e.Resources = &plan.Resources{Memory: "32Gi"} // of up to 10 replicas
	p.Endpoints["scoring"] = e
	if q := quota(p); q.MemoryGi != 1024 {
		t.Errorf("ten replicas of 32 GiB, twice over, have %d GiB", q.MemoryGi)
	}
	staged, _ := staged(t)
	if q := quota(staged); q.GPU != 2 {
		t.Errorf("a stage with a GPU, twice over, has %d", q.GPU)
	}
}

func TestPodsAreNotToldOfSizes(t *testing.T) {
	a, err := deployed(sizes(), config.DeliveryRollout).Encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := deployed(credit(), config.DeliveryRollout).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Error("a changed size would restart every pod, and a runtime of an earlier version would refuse the plan")
	}
}
