package live_test

import (
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/drift"
	"github.com/ashlar-dev/ashlar/stacks/drift/live"
)

// labelled are the labels of an endpoint's objects.
const labelled = `, "labels": {"app.kubernetes.io/instance": "credit-risk", "app.kubernetes.io/component": "endpoint",
	"app.kubernetes.io/name": "scoring", "ashlar.dev/environment": "prod"}`

// TestFindingsNameTheFieldOfTheBlueprint: that of the object as the program makes it;
// whoever may write labels in the cluster cannot lead a change to another blueprint.
func TestFindingsNameTheFieldOfTheBlueprint(t *testing.T) {
	at := func(field string) drift.Origin {
		return drift.Origin{Blueprint: "credit-risk", Environment: "prod", Field: field}
	}
	container := func(more string) string {
		return `{"template": {"spec": {"containers": [{"name": "ashlar", ` + more + `}]}}}`
	}
	for name, c := range map[string]struct {
		kind, rendered, live string
		want                 drift.Origin
	}{
		"the most pods": {"HorizontalPodAutoscaler", `{"maxReplicas": 5}`, `{"maxReplicas": 9}`,
			at("endpoints.scoring.replicas.max")},
		"cores": {"Rollout", container(`"resources": {"requests": {"cpu": "1"}}`),
			container(`"resources": {"requests": {"cpu": "2"}}`), at("endpoints.scoring.resources.cpu")},
		"a value that is gone": {"Rollout", container(`"resources": {"requests": {"cpu": "1"}}`), container(`"x": 1`),
			drift.Origin{}},
		"an image":           {"Deployment", container(`"image": "a"`), container(`"image": "b"`), drift.Origin{}},
		"another kind":       {"PodDisruptionBudget", `{"minReplicas": 5}`, `{"minReplicas": 9}`, drift.Origin{}},
		"what no field says": {"Deployment", `{"minReadySeconds": 1}`, `{"minReadySeconds": 2}`, drift.Origin{}},
	} {
		t.Run(name, func(t *testing.T) {
			found := live.Compare(object(t, `{`+head(c.kind, labelled)+`, "spec": `+c.rendered+`}`),
				object(t, `{`+head(c.kind, `, "labels": {"app.kubernetes.io/instance": "another"}`)+`, "spec": `+c.live+`}`), nil)
			var values []drift.Finding
			for _, f := range found {
				if f.Class != drift.Benign {
					values = append(values, f)
				}
			}
			if len(values) != 1 || values[0].Origin != c.want {
				t.Errorf("%+v; want %+v", values, c.want)
			}
		})
	}
}
