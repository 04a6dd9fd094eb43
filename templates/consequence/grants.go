package consequence

import (
	"encoding/json"
	"slices"
)

// ruled are the grants of a Role of Kubernetes: a verb on a resource of an API group
// each, of one name where the rule has names. A rule without names is of all.
func ruled(rules []any) []grant {
	var out []grant
	for _, one := range rules {
		rule, _ := one.(map[string]any)
		for _, verb := range listOf(rule["verbs"]) {
			for _, told := range append(resourcesOf(rule), listOf(rule["nonResourceURLs"])...) {
				told = verb + " " + told
				names := listOf(rule["resourceNames"])
				if len(names) == 0 {
					out = append(out, plainly(told))
				}
				for _, name := range names {
					named := told + " named " + name
					out = append(out, grant{shown: named, whole: named, wider: told})
				}
			}
		}
	}
	return out
}

// resourcesOf are a rule's resources as kubectl writes them: deployments.apps, and
// pods alone in the core group, whose name is empty.
func resourcesOf(rule map[string]any) []string {
	var out []string
	groups := listOf(rule["apiGroups"])
	if len(groups) == 0 {
		groups = []string{""}
	}
	for _, group := range groups {
		for _, resource := range listOf(rule["resources"]) {
			if group != "" {
				resource += "." + group
			}
			out = append(out, resource)
		}
	}
	return out
}

// flows are what a NetworkPolicy allows and denies. Pods that no policy selects may
// talk to anybody: the policy denies its pods everything in a direction, and each of
// its rules, peers and ports together, is an exception from that.
func flows(spec map[string]any) []grant {
	var out []grant
	if spec == nil {
		return nil
	}
	pods, err := json.Marshal(spec["podSelector"])
	if err != nil {
		return nil
	}
	for _, way := range []struct{ list, kind, words string }{
		{"egress", "Egress", "reach "}, {"ingress", "Ingress", "be reached by "},
	} {
		rules, _ := spec[way.list].([]any)
		for _, rule := range rules {
			if text, err := json.Marshal(rule); err == nil {
				out = append(out, plainly(way.words+string(text)))
			}
		}
		kinds := listOf(spec["policyTypes"])
		// Without types it is of ingress, and of egress where it has rules for that.
		if slices.Contains(kinds, way.kind) || len(kinds) == 0 && (way.kind == "Ingress" || len(rules) > 0) {
			told := way.words + "what no network policy allows"
			out = append(out, grant{shown: told, whole: told + string(pods), denied: true})
		}
	}
	return out
}
