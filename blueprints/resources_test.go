package blueprints

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestResourcesReachThePlan(t *testing.T) {
	text := strings.NewReplacer(`pipelines: l: {model: "m", `, `pipelines: l: {model: "m", resources: {cpu: "1", memory: "2Gi"}
		stages: {
			train: {resources: {cpu: "4", memory: "8Gi"}, node_selector: disk: "ssd", tolerations: [{key: "big", operator: "Exists"}]}
			prepare: {memory: "3Gi"}
			ingest: {}
			own: {cmd: "true", outs: ["own"], resources: {cpu: "2", memory: "1Gi", gpu: 1}}
			each: {foreach: [1], do: {cmd: "true", outs: ["${item}"], resources: memory: "${item}Gi"}}
		}
		`, `endpoints: e: {`, `endpoints: e: {resources: {cpu: "1", memory: "1Gi"}, node_selector: zone: "a", `).Replace(small)
	p := load(t, map[string]string{"p.cue": text}, "")
	line := p.Pipelines["l"]
	want := map[string]plan.Pods{
		"train": {Resources: &plan.Resources{CPU: "4", Memory: "8Gi"}, NodeSelector: map[string]string{"disk": "ssd"},
			Tolerations: []plan.Toleration{{Key: "big", Operator: "Exists"}}},
		"prepare": {Resources: &plan.Resources{Memory: "3Gi"}},
	}
	if diff := cmp.Diff(want, line.Builtin); diff != "" {
		t.Errorf("built-in stages (-want +got):\n%s", diff)
	}
	if own := line.Stages["own"]; own.CPU != "2" || own.Memory != "1Gi" || own.GPU != 1 {
		t.Errorf("the custom stage gets %+v", own)
	}
	if each := line.Stages["each@1"]; each.Memory != "1Gi" {
		t.Errorf("the stage of a foreach gets %q", each.Memory)
	}
	if _, ok := line.Stages["train"]; ok {
		t.Error("the built-in stage is a custom one too")
	}
	if diff := cmp.Diff(&plan.Resources{CPU: "1", Memory: "2Gi"}, line.Resources); diff != "" {
		t.Errorf("the pipeline (-want +got):\n%s", diff)
	}
	e := p.Endpoints["e"]
	if e.Stated() != (plan.Resources{CPU: "1", Memory: "1Gi"}) || e.NodeSelector["zone"] != "a" {
		t.Errorf("the endpoint gets %+v", e.Pods)
	}
}

func TestThePlanOfWhoStatesNoResourcesHasNone(t *testing.T) {
	p := load(t, map[string]string{"p.cue": small}, "")
	text, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"resources", "builtin", "node_selector", "tolerations", "priority"} {
		if strings.Contains(string(text), `"`+field+`"`) {
			t.Errorf("a runtime of an earlier version would refuse %s", field)
		}
	}
}
