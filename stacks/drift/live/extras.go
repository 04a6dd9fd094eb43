package live

import (
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/ashlar-dev/ashlar/stacks/drift"
)

// extras returns what a live object has beyond the rendered one: fields and items of
// lists that somebody has set and the program does not, such as a sidecar, a rule of a
// network policy or one more label. Fields of controllers that the cluster works by are
// none, nor are the API server's defaults: nobody has set those. seen are paths that are
// findings already.
//
// A deployer that creates objects without server-side apply counts as the one who has
// set their defaults. What it has set is left out, therefore.
func extras(rendered, live Object, all []owner, seen map[string]bool) []drift.Finding {
	var out []drift.Finding
	for _, o := range all {
		if o.operation == "Update" && deploys(rendered, o) {
			continue
		}
		for _, p := range o.paths {
			if !p.whole || reported(seen, p.text) || expectedOf(o.manager, rendered.Kind(), p.text) {
				continue
			}
			if _, set := lookUp(map[string]any(rendered), p.steps); set {
				continue
			}
			v, there := lookUp(map[string]any(live), p.steps)
			if !there || v == nil {
				continue
			}
			seen[p.text] = true
			out = append(out, finding(rendered, difference{path: p.text, found: v, beyond: true}, drift.Added, o))
		}
	}
	return out
}

// reported reports whether the path, or what it is part of, is a finding already.
func reported(seen map[string]bool, path string) bool {
	for one := range seen {
		if one == path || inside(path, one) {
			return true
		}
	}
	return false
}

// lookUp finds what a path of a field manager leads to.
func lookUp(v any, steps fieldpath.Path) (any, bool) {
	for _, step := range steps {
		switch {
		case step.FieldName != nil:
			m, _ := v.(map[string]any)
			next, ok := m[*step.FieldName]
			if !ok {
				return nil, false
			}
			v = next
		case step.Key != nil:
			next, ok := item(v, step)
			if !ok {
				return nil, false
			}
			v = next
		case step.Value != nil:
			list, _ := v.([]any)
			next, ok := valueIn(list, (*step.Value).Unstructured())
			if !ok {
				return nil, false
			}
			v = next
		case step.Index != nil:
			list, _ := v.([]any)
			if *step.Index < 0 || *step.Index >= len(list) {
				return nil, false
			}
			v = list[*step.Index]
		}
	}
	return v, true
}

// item finds a list's item by its key. A field of the key that the item leaves out has
// its default there, as a port's protocol has.
func item(v any, step fieldpath.PathElement) (any, bool) {
	list, _ := v.([]any)
	for _, one := range list {
		m, ok := one.(map[string]any)
		if !ok {
			continue
		}
		fits, given := true, 0
		for _, field := range *step.Key {
			mine, there := m[field.Name]
			if there {
				given++
			}
			fits = fits && (!there || same("", mine, field.Value.Unstructured()))
		}
		if fits && given > 0 {
			return m, true
		}
	}
	return nil, false
}

func valueIn(list []any, want any) (any, bool) {
	for _, one := range list {
		if same("", one, want) {
			return one, true
		}
	}
	return nil, false
}
