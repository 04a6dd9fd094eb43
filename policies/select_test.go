package policies

import "testing"

func TestWhatSelectsThePodsOfAWorkload(t *testing.T) {
	type object = map[string]any
	pod := Registered{URN: "urn:w", Properties: object{"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": object{"namespace": "credit"},
		"spec": object{"template": object{"metadata": object{"labels": object{"app": "scoring"}},
			"spec": object{"containers": []any{}}}}}}
	same, other := object{"matchLabels": object{"app": "scoring"}}, object{"matchLabels": object{"app": "web"}}
	expression := []any{object{"key": "app", "operator": "Exists"}}
	for name, c := range map[string]struct {
		version, kind string
		spec          any
		selects       bool
	}{
		"a policy with its labels": {"networking.k8s.io/v1", "NetworkPolicy", object{"podSelector": same}, true},
		"a policy with others":     {"networking.k8s.io/v1", "NetworkPolicy", object{"podSelector": other}, false},
		"a policy for all pods": {"networking.k8s.io/v1", "NetworkPolicy",
			object{"podSelector": object{}}, true},
		"a policy without a selector": {"networking.k8s.io/v1", "NetworkPolicy", object{}, true},
		"a policy with no labels": {"networking.k8s.io/v1", "NetworkPolicy",
			object{"podSelector": object{"matchLabels": object{}}}, true},
		"a policy with no expressions": {"networking.k8s.io/v1", "NetworkPolicy",
			object{"podSelector": object{"matchExpressions": []any{}}}, true},
		"a policy with expressions": {"networking.k8s.io/v1", "NetworkPolicy",
			object{"podSelector": object{"matchExpressions": expression}}, false},
		"a policy with unknown labels": {"networking.k8s.io/v1", "NetworkPolicy",
			object{"podSelector": object{"matchLabels": "?"}}, false},
		"a policy with unknown rules": {"networking.k8s.io/v1", "NetworkPolicy",
			object{"podSelector": object{"matchExpressions": "?"}}, false},
		"a policy that is not known":    {"networking.k8s.io/v1", "NetworkPolicy", "?", false},
		"an unknown selector":           {"networking.k8s.io/v1", "NetworkPolicy", object{"podSelector": "?"}, false},
		"a budget with its labels":      {"policy/v1", "PodDisruptionBudget", object{"selector": same}, true},
		"a budget for all pods":         {"policy/v1", "PodDisruptionBudget", object{"selector": object{}}, true},
		"a budget of before":            {"policy/v1beta1", "PodDisruptionBudget", object{"selector": object{}}, false},
		"a budget without a selector":   {"policy/v1", "PodDisruptionBudget", object{}, false},
		"a service with its labels":     {"v1", "Service", object{"selector": object{"app": "scoring"}}, true},
		"a service with an empty one":   {"v1", "Service", object{"selector": object{}}, false},
		"an object that selects nobody": {"v1", "ConfigMap", object{"podSelector": object{}}, false},
	} {
		from := Registered{URN: "urn:s", Properties: object{"apiVersion": c.version, "kind": c.kind,
			"metadata": object{"namespace": "credit"}, "spec": c.spec}}
		if got := len(selections([]Registered{pod, from})) > 0; got != c.selects {
			t.Errorf("%s: selects %t, want %t", name, got, c.selects)
		}
		from.Properties["metadata"] = object{"namespace": "elsewhere"}
		if len(selections([]Registered{pod, from})) > 0 {
			t.Errorf("%s: selects pods of another namespace", name)
		}
	}
}
