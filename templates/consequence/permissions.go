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
// another way says nothing. What is denied counts the other way round: without it
// there is more than before, also where the whole resource goes.
func (c *comparer) permissions(base, head map[string]Resource) {
	for _, key := range keysOf(union(base, head)) {
		was, before := base[key]
		is, after := head[key]
		old, oldDenied := apart(grants(was))
		now, nowDenied := apart(grants(is))
		subject := "permissions of " + is.Name
		if !after {
			subject = "permissions of " + was.Name
		}
		c.denials(subject, oldDenied, nowDenied, before)
		switch {
		case len(old)+len(now) == 0:
		case !before:
			c.add(Access, subject, Added, fmt.Sprintf("%s, new: %s", kindOf(is.Type), listed(shownAll(now))), nil)
		case !after && kindOf(was.Type) == "NetworkPolicy":
			// Its flows are exceptions from what it denies, and go with that.
		case !after:
			c.add(Access, subject, Removed, fmt.Sprintf("%s, all of it", kindOf(was.Type)), nil)
		default:
			for _, g := range beyond(now, old) {
				c.add(Access, subject, Loosened, "may now "+g.shown, nil)
			}
			for _, g := range beyond(old, now) {
				c.add(Access, subject, Tightened, "may no longer "+g.shown, nil)
			}
		}
	}
}

// denials compares what is denied. With a new resource it is no news: what it allows
// is told, and nothing was allowed by it before.
func (c *comparer) denials(subject string, old, now []grant, before bool) {
	for _, g := range beyond(old, now) {
		c.add(Access, subject, Loosened, "is no longer denied to "+g.shown, nil)
	}
	if !before {
		return
	}
	for _, g := range beyond(now, old) {
		c.add(Access, subject, Tightened, "is now denied to "+g.shown, nil)
	}
}

// grant is one thing that is allowed, or denied: as it is told, and with the values of
// its conditions, by which it is compared.
// Values of conditions are long and seldom tell a reviewer anything, but a change of
// one is a change of the grant.
type grant struct {
	shown, whole string
	wider        string // whole of the grant without its condition or name; "": it has none
	denied       bool
}

// plainly is a grant without conditions.
func plainly(text string) grant { return grant{shown: text, whole: text} }

// apart tells what is allowed from what is denied.
func apart(list []grant) (allowed, denied []grant) {
	for _, g := range list {
		if g.denied {
			denied = append(denied, g)
		} else {
			allowed = append(allowed, g)
		}
	}
	return allowed, denied
}

// beyond are the grants that no other one holds: not the same, and not one that is as
// wide as it is without its condition.
func beyond(list, others []grant) []grant {
	return slices.DeleteFunc(slices.Clone(list), func(g grant) bool {
		return slices.ContainsFunc(others, func(o grant) bool {
			return o.whole == g.whole || g.wider != "" && o.whole == g.wider
		})
	})
}

// shownAll are the grants as they are told, in their order, repetitions left out.
func shownAll(list []grant) []string {
	out := make([]string, len(list))
	for i, g := range list {
		out[i] = g.shown
	}
	return slices.Compact(out)
}

// grants are what a resource allows and denies, sorted: an action on a resource each,
// or a flow of the network.
func grants(r Resource) []grant {
	var out []grant
	switch kindOf(r.Type) {
	case "RolePolicy", "BucketPolicy":
		text, _ := r.Properties["policy"].(string)
		out = statements(text)
	case "Role", "ClusterRole":
		rules, _ := r.Properties["rules"].([]any) // of Kubernetes; IAM's role has none
		out = ruled(rules)
	case "NetworkPolicy":
		spec, _ := r.Properties["spec"].(map[string]any)
		out = flows(spec)
	}
	slices.SortFunc(out, func(a, b grant) int { return strings.Compare(a.whole, b.whole) })
	return slices.Compact(out)
}

// statements are the grants of an IAM policy document. One whose form is not
// known is a grant as a whole: a change of it is not passed over.
// An action, resource or principal by exception is told as "all but": it grants what
// nobody has listed.
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
		under, values := "", ""
		if condition, err := json.Marshal(s["Condition"]); err == nil && s["Condition"] != nil {
			under, values = " where "+strings.Join(conditions(s["Condition"]), ", "), string(condition)
		}
		for _, action := range append(listOf(s["Action"]), except(s["NotAction"])...) {
			for _, resource := range append(listOf(s["Resource"]), except(s["NotResource"])...) {
				told := action + " on " + resource + principal(s)
				g := grant{shown: told + under, whole: told + under + values, denied: s["Effect"] == "Deny"}
				if under != "" {
					g.wider = told
				}
				out = append(out, g)
			}
		}
	}
	return out
}

// principal is whom a statement of a resource's own policy is about; one of a role has
// none. It is an object or "*", and told as it is written.
func principal(statement map[string]any) string {
	for _, of := range []struct{ key, words string }{{"Principal", " for "}, {"NotPrincipal", " for all but "}} {
		if text, err := json.Marshal(statement[of.key]); err == nil && statement[of.key] != nil {
			return of.words + string(text)
		}
	}
	return ""
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
