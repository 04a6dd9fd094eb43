package delivery

import (
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/bundle"
)

// of are the objects of a group and kind, in the bundle's order.
func of(m *bundle.Manifests, group, kind string) []bundle.Object {
	var out []bundle.Object
	for _, o := range m.Objects {
		if o.Group() == group && o.Kind == kind {
			out = append(out, o)
		}
	}
	return out
}

// pausesOf is how long the steps of a Rollout pause together, and whether one of them,
// or the switch of blue-green, waits for a person.
func pausesOf(r bundle.Object) (total time.Duration, forever bool) {
	if auto, given := r.At("spec", "strategy", "blueGreen", "autoPromotionEnabled").(bool); given && !auto {
		forever = true
	}
	steps, _ := r.At("spec", "strategy", "canary", "steps").([]any)
	for _, s := range steps {
		step, _ := s.(map[string]any)
		pause, isPause := step["pause"]
		if !isPause {
			continue
		}
		fields, _ := pause.(map[string]any)
		switch d := fields["duration"].(type) {
		case string:
			// What is not a duration is refused by the Rollout's controller, and adds nothing here.
			length, _ := plan.ParseDuration(d)
			total += length
		case int:
			total += time.Duration(d) * time.Second
		default:
			forever = true
		}
	}
	return total, forever
}

// servicesOf are the Services that the Rollout's controller writes to.
func servicesOf(r bundle.Object) []string {
	var out []string
	for _, path := range [][]string{{"canary", "stableService"}, {"canary", "canaryService"},
		{"blueGreen", "activeService"}, {"blueGreen", "previewService"}} {
		if name, _ := r.At("spec", "strategy", path[0], path[1]).(string); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// weights are where the Rollout's controller sets the shares of requests.
type weights struct{ group, kind, name, path string }

// weightsOf are those of the routers that are objects of the bundle. Of Ingresses it sets
// annotations that no bundle has.
func weightsOf(r bundle.Object) []weights {
	at := func(path ...string) string {
		name, _ := r.At(append([]string{"spec", "strategy", "canary", "trafficRouting"}, path...)...).(string)
		return name
	}
	var out []weights
	if name := at("traefik", "weightedTraefikServiceName"); name != "" {
		out = append(out, weights{"traefik.io", "TraefikService", name, ".spec.weighted.services[]?.weight"})
	}
	if name := at("plugins", "argoproj-labs/gatewayAPI", "httpRoute"); name != "" {
		out = append(out, weights{"gateway.networking.k8s.io", "HTTPRoute", name, ".spec.rules[]?.backendRefs[]?.weight"})
	}
	return out
}
