package consequence

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestAChangedSizeIsAChangeOfPods(t *testing.T) {
	pipeline := func(edit func(*plan.Pipeline)) func(*plan.Plan) {
		return func(p *plan.Plan) { l := p.Pipelines["nightly"]; edit(&l); p.Pipelines["nightly"] = l }
	}
	for want, edit := range map[string]func(*plan.Plan){
		"endpoint score: its pods: 250m of CPU, 1Gi of memory, was 250m of CPU, 512Mi of memory": endpoint(
			func(e *plan.Endpoint) { e.Resources = &plan.Resources{Memory: "1Gi"} }),
		"endpoint score: its pods: 250m of CPU, 512Mi of memory, 2 GPUs, was 250m of CPU, 512Mi of memory": endpoint(
			func(e *plan.Endpoint) { e.Resources = &plan.Resources{GPU: 2} }),
		`endpoint score: resources: none -> {"memory":"512Mi"}`: endpoint(
			func(e *plan.Endpoint) { e.Resources = &plan.Resources{Memory: "512Mi"} }),
		"pipeline nightly: pods of stages without resources of their own: 2 of CPU, 4Gi of memory, was 500m of CPU, 4Gi of memory": pipeline(
			func(l *plan.Pipeline) { l.Resources = &plan.Resources{CPU: "2"} }),
		"pipeline nightly: the pod of stage train: 500m of CPU, 8Gi of memory, was 500m of CPU, 4Gi of memory": pipeline(
			func(l *plan.Pipeline) {
				l.Builtin = map[string]plan.Pods{"train": {Resources: &plan.Resources{Memory: "8Gi"}}}
			}),
		"pipeline nightly: stages.train.node_selector.disk: none -> ssd": pipeline(func(l *plan.Pipeline) {
			l.Builtin = map[string]plan.Pods{"train": {NodeSelector: map[string]string{"disk": "ssd"}}}
		}),
	} {
		head := base()
		edit(head)
		var got []string
		for _, c := range Compare(&Side{Plan: base()}, &Side{Plan: head}, nil) {
			got = append(got, c.String())
		}
		if !slices.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if rolls := strings.Contains(strings.Join(got, "\n"), "rolls out"); rolls != strings.HasPrefix(want, "endpoint") {
			t.Errorf("an endpoint rolls out: %v, after %q", rolls, want)
		}
	}
}
