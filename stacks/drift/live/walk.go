package live

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// difference is one field that differs; nil is absent.
type difference struct {
	path            string
	expected, found any
	beyond          bool // applying the program leaves it as it is
}

// under is the path of a map's key. Keys with dots are set in brackets.
func under(path, key string) string {
	switch {
	case strings.ContainsAny(key, "./[]=,"):
		return path + "[" + key + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

// listKeys are the keys by which Kubernetes tells the items of its lists apart. The
// first whose fields all items have is used.
var listKeys = [][]string{
	{"mountPath"}, {"devicePath"}, {"containerPort", "protocol"}, {"containerPort"}, {"port", "protocol"},
	{"topologyKey", "whenUnsatisfiable"}, {"ip"}, {"uid"}, {"name"},
}

// within is the path of a list's item, with the key's fields in alphabetical order, as
// field managers have them.
func within(path string, key []string, item map[string]any) string {
	parts := make([]string, len(key))
	for i, field := range key {
		parts[i] = field + "=" + fmt.Sprint(item[field])
	}
	return path + "[" + strings.Join(parts, ",") + "]"
}

// keyed returns the items of both lists by their path, or false where they have no key.
func keyed(path string, a, b []any) (left, right map[string]any, ok bool) {
	for _, key := range listKeys {
		left, okLeft := itemsBy(path, key, a)
		right, okRight := itemsBy(path, key, b)
		if okLeft && okRight {
			return left, right, true
		}
	}
	return nil, nil, false
}

func itemsBy(path string, key []string, list []any) (map[string]any, bool) {
	out := make(map[string]any, len(list))
	for _, one := range list {
		item, ok := one.(map[string]any)
		if !ok || slices.ContainsFunc(key, func(field string) bool { return item[field] == nil }) {
			return nil, false
		}
		out[within(path, key, item)] = item
	}
	return out, len(out) == len(list)
}

// walker compares two values. partial says that the found one may hold more than the
// expected one, as a live object holds defaults.
type walker struct {
	partial bool
	found   []difference
}

func (w *walker) say(path string, expected, found any) {
	w.found = append(w.found, difference{path: path, expected: expected, found: found})
}

func (w *walker) walk(path string, expected, found any) {
	switch e := expected.(type) {
	case map[string]any:
		if f, ok := found.(map[string]any); ok {
			w.maps(path, e, f, under)
			return
		}
	case []any:
		if f, ok := found.([]any); ok {
			w.lists(path, e, f)
			return
		}
	}
	if !same(path, expected, found) && !(w.partial && open(expected)) {
		w.say(path, expected, found)
	}
}

// maps compares the members, in the order of their keys.
func (w *walker) maps(path string, expected, found map[string]any, name func(path, key string) string) {
	all := maps.Clone(expected)
	if all == nil {
		all = map[string]any{}
	}
	if !w.partial {
		maps.Copy(all, found)
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		w.walk(name(path, key), expected[key], found[key])
	}
}

// lists compares items by their key, or, where they have none, the lists as sets: what
// only one of them holds is what differs.
func (w *walker) lists(path string, expected, found []any) {
	if left, right, ok := keyed(path, expected, found); ok {
		w.maps("", left, right, func(_, itemPath string) string { return itemPath })
		return
	}
	if w.partial && len(expected) == len(found) {
		for i := range expected {
			w.walk(fmt.Sprintf("%s[%d]", path, i), expected[i], found[i])
		}
		return
	}
	if w.partial && open(expected) {
		return
	}
	only := func(a, b []any) any {
		rest := []any{}
		for _, one := range a {
			if !slices.ContainsFunc(b, func(other any) bool { return same(path, one, other) }) {
				rest = append(rest, one)
			}
		}
		if len(rest) == 0 {
			return nil
		}
		return rest
	}
	missing, more := only(expected, found), only(found, expected)
	switch {
	case missing != nil || more != nil:
		w.say(path, missing, more)
	case !same(path, expected, found): // another order
		w.say(path, expected, found)
	}
}

// same reports whether two values are equal to Kubernetes: 1 is 1.0, an empty map or
// list is none, and in resources "1000m" is "1".
func same(path string, a, b any) bool {
	if empty(a) && empty(b) {
		return true
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	if errX == nil && errY == nil && string(x) == string(y) {
		return true
	}
	if !strings.Contains(path, "resources.") && !strings.Contains(path, "hard.") {
		return false
	}
	p, errP := resource.ParseQuantity(fmt.Sprint(a))
	q, errQ := resource.ParseQuantity(fmt.Sprint(b))
	return errP == nil && errQ == nil && p.Cmp(q) == 0
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}
