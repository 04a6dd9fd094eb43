package policies

// selection says that one Kubernetes object selects the pods of another.
type selection struct{ from, to int }

// selectors say where each kind keeps the labels that it selects pods by.
var selectors = map[string][]string{
	"PodDisruptionBudget": {"spec", "selector", "matchLabels"},
	"NetworkPolicy":       {"spec", "podSelector", "matchLabels"},
	"Service":             {"spec", "selector"},
}

// selections finds which budgets, policies and services select the pods of
// which workloads: Kubernetes links them by labels, not by reference.
// Selection is by namespace and equal labels, as matchLabels has it; expressions are
// not evaluated. Pods are grouped by namespace first, so that large stacks do not
// compare everything with everything.
func selections(resources []Registered) []selection {
	byNamespace := map[string][]int{}
	for i, r := range resources {
		if _, ok := labelsOf(r); ok {
			namespace := text(r.Properties, "metadata", "namespace")
			byNamespace[namespace] = append(byNamespace[namespace], i)
		}
	}
	var out []selection
	for i, r := range resources {
		kind, _ := r.Properties["kind"].(string)
		path, ok := selectors[kind]
		if !ok {
			continue
		}
		wanted, ok := dig(r.Properties, path...).(map[string]any)
		// An empty selector of a policy selects all pods of the namespace, one of a
		// Service or a budget none.
		if !ok || len(wanted) == 0 && kind != "NetworkPolicy" {
			continue
		}
		for _, to := range byNamespace[text(r.Properties, "metadata", "namespace")] {
			if labels, _ := labelsOf(resources[to]); within(wanted, labels) {
				out = append(out, selection{from: i, to: to})
			}
		}
	}
	return out
}

// labelsOf are the labels of the pods that the resource makes.
func labelsOf(r Registered) (map[string]any, bool) {
	pod, _, ok := podOf(r.Properties)
	if !ok {
		return nil, false
	}
	labels, _ := dig(pod, "metadata", "labels").(map[string]any)
	return labels, true
}

// within reports whether the labels have all that is wanted, with the same values.
func within(wanted, labels map[string]any) bool {
	for name, value := range wanted {
		if have, ok := labels[name].(string); !ok || have != value {
			return false
		}
	}
	return true
}

// dig is the value at the path, or nil.
func dig(v any, path ...string) any {
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

// text is the text at the path, or "".
func text(v any, path ...string) string {
	s, _ := dig(v, path...).(string)
	return s
}
