package aws

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestAPipelineReachesWhomItTells(t *testing.T) {
	p := &plan.Plan{
		Name: "p", Pipelines: map[string]plan.Pipeline{
			"a": {OnFailure: plan.OnFailure{Email: []string{"x@example.com"}, Webhook: "https://hooks.example.com:8443/x"}}, "b": {},
		},
		Tracking: &plan.Tracking{MLflow: &plan.MLflow{URI: "http://mlflow.tools.svc:5000"}, WandB: &plan.WandB{BaseURL: "https://api.wandb.ai"}},
	}
	ports := func(kind, name string) string {
		var out []int
		for _, peer := range hearers(p, workload{Kind: kind, Name: name}) {
			out = append(out, peer.Ports...)
		}
		slices.Sort(out)
		return fmt.Sprint(out)
	}
	for _, c := range []struct{ kind, name, want string }{
		{kindPipeline, "a", "[443 465 587 5000 8443]"}, {kindPipeline, "b", "[443 5000]"}, {kindDrift, "a", "[443 5000]"},
	} {
		if got := ports(c.kind, c.name); got != c.want {
			t.Errorf("%s %s reaches ports %s, want %s", c.kind, c.name, got, c.want)
		}
	}
	p.Tracking = nil
	if got := ports(kindPipeline, "b"); got != "[]" {
		t.Errorf("a pipeline that tells nobody reaches ports %s", got)
	}
}
