package policies

// selection says that one Kubernetes object selects the pods of another.
type selection struct{ from, to int }

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
		wanted, ok := selector(r.Properties)
		if !ok {
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

// selector is the labels that the object selects pods by, and whether it selects any.
// Without labels it selects all pods of the namespace.
func selector(properties map[string]any) (wanted map[string]any, ok bool) {
	spec, ok := properties["spec"].(map[string]any)
	if !ok {
		return nil, false
	}
	switch properties["kind"] {
	case "Service": // whose selector is labels alone, and none where it is empty
		wanted, _ = spec["selector"].(map[string]any)
		return wanted, len(wanted) > 0
	case "NetworkPolicy": // a selector that is left out is an empty one
		return labelSelector(spec["podSelector"])
	case "PodDisruptionBudget":
		if spec["selector"] == nil {
			return nil, false
		}
		wanted, ok = labelSelector(spec["selector"])
		// An empty one selects all pods since policy/v1, and none before.
		return wanted, ok && (len(wanted) > 0 || properties["apiVersion"] == "policy/v1")
	}
	return nil, false
}

// labelSelector is the labels of a LabelSelector, which selects everything where it is
// empty. One that has expressions alone is not known to select anything, and neither
// is one with parts that are not known yet.
func labelSelector(v any) (wanted map[string]any, ok bool) {
	if v == nil {
		return nil, true
	}
	s, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	if labels := s["matchLabels"]; labels != nil {
		if wanted, ok = labels.(map[string]any); !ok {
			return nil, false
		}
	}
	expressions, known := s["matchExpressions"].([]any)
	none := s["matchExpressions"] == nil || known && len(expressions) == 0
	return wanted, none || len(wanted) > 0
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
