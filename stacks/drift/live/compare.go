package live

import (
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/stacks/drift"
)

// Compare returns how a live object differs from the rendered one. applied is what the
// API server says that the live object would be after the rendered one is applied to it
// (a dry run): with it, defaults and other spellings of the same value are no
// differences. Where it is nil, the fields that the rendered object sets are compared
// directly. A nil live object is missing.
//
// Fields with a ${variable} in the rendered object are not compared.
func Compare(rendered, live, applied Object) []drift.Finding {
	kind := rendered.Kind()
	if live == nil {
		if fleeting(rendered) {
			return nil
		}
		return []drift.Finding{finding(rendered, difference{}, drift.Missing, owner{})}
	}
	all := owners(live)
	w := &walker{partial: applied == nil}
	if applied == nil {
		w.walk("", withoutServer(rendered), map[string]any(live))
	} else {
		w.walk("", withoutServer(applied), withoutServer(live))
	}
	var out []drift.Finding
	seen := map[string]bool{}
	for _, d := range w.found {
		by, known := setter(all, d.path)
		if !known {
			by = owner{}
		}
		if expectedOf(by.manager, kind, d.path) || unknownValue(rendered, d.path) {
			continue
		}
		seen[d.path] = true
		out = append(out, finding(rendered, d, changeOf(d), by))
	}
	out = append(out, extras(rendered, live, all, seen)...)
	return drift.Sorted(append(out, replaced(rendered, all)...))
}

// changeOf names what has happened to a field.
func changeOf(d difference) string {
	switch {
	case d.expected == nil:
		return drift.Added
	case d.found == nil:
		return drift.Removed
	}
	return drift.Changed
}

// finding describes a difference. What only the live object has is beyond the program,
// unless applying would take it back.
func finding(o Object, d difference, change string, by owner) drift.Finding {
	class, why := drift.Classify(o.Kind(), d.path, change)
	return drift.Finding{
		Object: o.label(), Path: d.path, Change: change, Expected: show(o.Kind(), d.path, d.expected),
		Found: show(o.Kind(), d.path, d.found), By: by.manager, At: by.at, Class: class, Why: why,
		Advice: drift.Advise(o.Kind(), o.Namespace(), o.Name(), change, class, d.beyond),
	}.From(o.Kind(), o)
}

// fleeting reports whether the cluster itself removes the object when it has done its
// work.
func fleeting(o Object) bool {
	spec, _ := o["spec"].(map[string]any)
	return o.Kind() == "Job" && spec["ttlSecondsAfterFinished"] != nil
}

// serverFields are set by the API server alone.
var serverFields = []string{"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"}

// withoutServer is the object without its status and what the API server counts.
func withoutServer(o Object) map[string]any {
	out := make(map[string]any, len(o))
	for key, v := range o {
		if key != "status" {
			out[key] = v
		}
	}
	meta := map[string]any{}
	for key, v := range o.meta() {
		meta[key] = v
	}
	for _, key := range serverFields {
		delete(meta, key)
	}
	for _, part := range []string{"annotations", "labels"} {
		if notes, ok := meta[part].(map[string]any); ok {
			meta[part] = withoutDelivery(notes)
		}
	}
	out["metadata"] = meta
	return out
}

// deliverers begin the labels and annotations by which the programs that deliver objects
// keep their books. A rendering for one of them has them, and what another deployed has not.
var deliverers = []string{"kubectl.kubernetes.io/last-applied-configuration", "argocd.argoproj.io/",
	"kustomize.toolkit.fluxcd.io/", "pulumi.com/"}

func withoutDelivery(notes map[string]any) map[string]any {
	out := make(map[string]any, len(notes))
	for key, v := range notes {
		if !slices.ContainsFunc(deliverers, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			out[key] = v
		}
	}
	return out
}

// unknownValue reports whether the rendered object has a ${variable} at the path, or in
// what the path is a part of.
func unknownValue(rendered Object, path string) bool {
	flat := map[string]any{}
	flatten("", map[string]any(rendered), flat)
	for at, v := range flat {
		if open(v) && (at == path || inside(at, path) || inside(path, at)) {
			return true
		}
	}
	return false
}

// flatten writes every leaf of a value by its path.
func flatten(path string, v any, into map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		for key, one := range v {
			flatten(under(path, key), one, into)
		}
	case []any:
		if items, _, ok := keyed(path, v, v); ok {
			for at, one := range items {
				if item, is := one.(map[string]any); is {
					flatten(at, item, into)
				}
			}
			return
		}
		into[path] = v
	default:
		into[path] = v
	}
}

// replaced returns the values of a Secret that another manager has set than the one that
// deploys it. The values themselves are unknown here; that somebody else wrote them is
// not.
func replaced(rendered Object, all []owner) []drift.Finding {
	if rendered.Kind() != "Secret" {
		return nil
	}
	main := deployer(rendered, all)
	var out []drift.Finding
	data, _ := rendered["data"].(map[string]any)
	for key := range data {
		path := under("data", key)
		if by, ok := setter(all, path); ok && by.manager != main.manager {
			out = append(out, finding(rendered,
				difference{path: path, expected: hidden, found: hidden}, drift.Changed, by))
		}
	}
	return out
}

// deployer is the manager that has set the most of what the program sets; nobody where
// none has set half of it.
func deployer(rendered Object, all []owner) owner {
	var best owner
	most := 0
	for _, o := range all {
		if n := sets(rendered, o); n > most && deploys(rendered, o) {
			best, most = o, n
		}
	}
	return best
}

// deploys reports whether the manager has set at least half of what the program sets.
func deploys(rendered Object, o owner) bool {
	n := sets(rendered, o)
	return n > 0 && 2*n >= len(fields(rendered))
}

// sets counts the program's fields that the manager has set.
func sets(rendered Object, o owner) int {
	n, mine := 0, map[string]bool{}
	for _, p := range o.paths {
		mine[p.text] = true
	}
	for path := range fields(rendered) {
		if mine[path] {
			n++
		}
	}
	return n
}

// fields are the program's fields that have a manager: an object's kind and name have
// none.
func fields(rendered Object) map[string]any {
	flat := map[string]any{}
	flatten("", withoutServer(rendered), flat)
	for _, path := range []string{"apiVersion", "kind", "metadata.name", "metadata.namespace"} {
		delete(flat, path)
	}
	return flat
}
