package consequence

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// permissions says what each workload may do now that it might not, and the
// other way round. More than before is loosened, whatever it is for.
// It compares grants and not documents, so that a policy which is only written in
// another way says nothing.
func (c *comparer) permissions(base, head map[string]Resource) {
	for _, key := range keysOf(union(base, head)) {
		was, before := base[key]
		is, after := head[key]
		old, now := grants(was), grants(is)
		subject := "permissions of " + is.Name
		switch {
		case len(old)+len(now) == 0:
			continue
		case !before:
			c.add(Access, subject, Added, fmt.Sprintf("%s, new: %s", kindOf(is.Type), listed(shownAll(now))), nil)
			continue
		case !after:
			c.add(Access, "permissions of "+was.Name, Removed, fmt.Sprintf("%s, all of it", kindOf(was.Type)), nil)
			continue
		}
		for _, g := range now {
			if !slices.Contains(old, g) {
				c.add(Access, subject, Loosened, "may now "+g.shown, nil)
			}
		}
		for _, g := range old {
			if !slices.Contains(now, g) {
				c.add(Access, subject, Tightened, "may no longer "+g.shown, nil)
			}
		}
	}
}

// grant is one thing that is allowed: as it is told, and with the values of its
// conditions, by which it is compared.
// Values of conditions are long and seldom tell a reviewer anything, but a change of
// one is a change of the grant.
type grant struct{ shown, whole string }

// plainly is a grant without conditions.
func plainly(text string) grant { return grant{text, text} }

// shownAll are the grants as they are told, in their order, repetitions left out.
func shownAll(list []grant) []string {
	out := make([]string, len(list))
	for i, g := range list {
		out[i] = g.shown
	}
	return slices.Compact(out)
}

// grants are what a resource allows, sorted: an action on a resource each, or a
// flow of the network.
// Each flow of a NetworkPolicy is a whole rule, peers and ports together.
func grants(r Resource) []grant {
	var out []grant
	switch kindOf(r.Type) {
	case "RolePolicy", "BucketPolicy":
		text, _ := r.Properties["policy"].(string)
		out = statements(text)
	case "Role":
		rules, _ := r.Properties["rules"].([]any) // of Kubernetes; IAM's role has none
		for _, one := range rules {
			rule, _ := one.(map[string]any)
			for _, verb := range listOf(rule["verbs"]) {
				for _, resource := range listOf(rule["resources"]) {
					out = append(out, plainly(verb+" "+resource))
				}
			}
		}
	case "NetworkPolicy":
		spec, _ := r.Properties["spec"].(map[string]any)
		for _, way := range []struct{ list, words string }{{"egress", "reach "}, {"ingress", "be reached by "}} {
			rules, _ := spec[way.list].([]any)
			for _, rule := range rules {
				if text, err := json.Marshal(rule); err == nil {
					out = append(out, plainly(way.words+string(text)))
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b grant) int { return strings.Compare(a.whole, b.whole) })
	return slices.Compact(out)
}

// statements are the grants of an IAM policy document. One whose form is not
// known is a grant as a whole: a change of it is not passed over.
// Only Allow counts as a grant. An action or resource by exception is told as
// "all but": it grants what nobody has listed.
func statements(text string) []grant {
	if text == "" {
		return nil
	}
	var document struct{ Statement []map[string]any }
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return []grant{plainly("do as the policy says: " + text)}
	}
	var out []grant
	for _, s := range document.Statement {
		// A Deny takes away and is not a grant.
		if s["Effect"] != "Allow" {
			continue
		}
		under, values := "", ""
		if condition, err := json.Marshal(s["Condition"]); err == nil && s["Condition"] != nil {
			under, values = " where "+strings.Join(conditions(s["Condition"]), ", "), string(condition)
		}
		for _, action := range append(listOf(s["Action"]), except(s["NotAction"])...) {
			for _, resource := range append(listOf(s["Resource"]), except(s["NotResource"])...) {
				told := action + " on " + resource + under
				out = append(out, grant{told, told + values})
			}
		}
	}
	return out
}

// conditions are the keys that a condition is about.
func conditions(v any) []string {
	var out []string
	operators, _ := v.(map[string]any)
	for _, operator := range keysOf(operators) {
		keys, _ := operators[operator].(map[string]any)
		out = append(out, keysOf(keys)...)
	}
	return out
}

// except is what NotAction and NotResource leave.
func except(v any) []string {
	if v == nil {
		return nil
	}
	return []string{"all but " + strings.Join(listOf(v), ", ")}
}

// listOf is a text or a list of texts.
func listOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, one := range v {
			if s, ok := one.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}
