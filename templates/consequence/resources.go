package consequence

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Resource is one that a plan needs, with references to others as texts.
type Resource struct {
	Type       string         `json:"type"` // Pulumi's, such as aws:s3/bucketV2:BucketV2
	Name       string         `json:"name"`
	Properties map[string]any `json:"properties"`
	Protect    bool           `json:"protect,omitempty"`
	Retain     bool           `json:"retain,omitempty"` // it outlives its deletion
	URN        string         `json:"urn"`
	References []string       `json:"references,omitempty"` // URNs that its properties come from
}

// key is how messages call it.
func (r Resource) key() string { return kindOf(r.Type) + " " + r.Name }

// kindOf is a type's own name: Rollout of kubernetes:argoproj.io/v1alpha1:Rollout.
func kindOf(t string) string { return t[strings.LastIndex(t, ":")+1:] }

// maxListed is how many resources of one kind a change lists by name.
const maxListed = 5

// infrastructure says what becomes of resources, permissions and cost, where
// both sides were recorded.
// Without a record there is nothing to compare with, and everything would look new.
// What holds data is listed one by one, the rest counted by kind.
func (c *comparer) infrastructure() {
	if c.base == nil || c.base.Resources == nil || c.head.Resources == nil {
		return
	}
	base, head := byKey(c.base.Resources), byKey(c.head.Resources)
	created, deleted := map[string]int{}, map[string]int{}
	for _, key := range keysOf(union(base, head)) {
		was, before := base[key]
		is, after := head[key]
		switch {
		case !before:
			created[kindOf(is.Type)]++
			if holdsData[is.Type] {
				c.add(Infra, is.key(), Added, "is made, empty", nil)
			}
		// Before the count of what is deleted: losing data has to stand out.
		case !after && holdsData[was.Type]:
			c.gone(was)
		case !after:
			deleted[kindOf(was.Type)]++
		default:
			c.resource(was, is)
		}
	}
	if len(created) > 0 {
		c.add(Infra, "resources", Added, "created: "+tally(created), nil)
	}
	if len(deleted) > 0 {
		c.add(Infra, "resources", Removed, "deleted: "+tally(deleted), nil)
	}
	c.permissions(base, head)
	c.cost()
}

// gone is a resource that holds data and is in the plan no longer.
func (c *comparer) gone(r Resource) {
	switch {
	case r.Retain:
		c.add(Infra, r.key(), Removed, "is left as it is, with what is in it, and managed no longer", nil)
	case r.Protect:
		c.add(Infra, r.key(), Loses, "is deleted with what is in it; it is protected, so applying this fails", nil)
	default:
		c.add(Infra, r.key(), Loses, "is deleted with what is in it", nil)
	}
}

// resource compares one that stays.
// A property that cannot be changed in place makes it a replacement, which for what
// holds data means that the data is lost.
func (c *comparer) resource(was, is Resource) {
	var changed, replaced []string
	walkProperties(nil, was.Properties, is.Properties, func(path []string) {
		if immutable(is, path) {
			replaced = append(replaced, strings.Join(path, "."))
			return
		}
		changed = append(changed, strings.Join(path, "."))
	})
	switch {
	case len(replaced) > 0 && holdsData[is.Type]:
		c.add(Infra, is.key(), Loses, "is replaced by an empty one: "+listed(replaced)+" cannot be changed", nil)
	case len(replaced) > 0:
		c.add(Infra, is.key(), Replaces, listed(replaced)+" cannot be changed in place", nil)
	case len(changed) > 0:
		c.add(Infra, is.key(), Changed, "updated: "+listed(changed), nil)
	}
}

// walkProperties calls f for every path at which the values differ, down to the
// deepest object that both have; lists differ as a whole.
func walkProperties(path []string, was, is any, f func(path []string)) {
	a, ok1 := was.(map[string]any)
	b, ok2 := is.(map[string]any)
	if !ok1 || !ok2 {
		if !reflect.DeepEqual(was, is) {
			f(path)
		}
		return
	}
	for _, name := range keysOf(union(a, b)) {
		walkProperties(append(path[:len(path):len(path)], name), a[name], b[name], f)
	}
}

// byKey maps resources by type and name, which Pulumi keeps distinct within a parent.
func byKey(list []Resource) map[string]Resource {
	out := map[string]Resource{}
	for _, r := range list {
		if component(r) != "plan" { // the plan itself, which is what changes
			out[r.Type+"\x00"+r.Name] = r
		}
	}
	return out
}

// component is what an object of ours is there for.
func component(r Resource) string {
	metadata, _ := r.Properties["metadata"].(map[string]any)
	labels, _ := metadata["labels"].(map[string]any)
	if kindOf(r.Type) != "ConfigMap" {
		return ""
	}
	name, _ := labels["app.kubernetes.io/component"].(string)
	return name
}

// union is a new map with the entries of both, those of b first.
func union[V any](a, b map[string]V) map[string]V {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]V{}
	}
	maps.Copy(out, b)
	return out
}

// tally is how many there are of each.
func tally(counts map[string]int) string {
	var out []string
	for _, name := range keysOf(counts) {
		out = append(out, fmt.Sprintf("%d %s", counts[name], name))
	}
	return strings.Join(out, ", ")
}

// listed names the first few, sorted.
func listed(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	if len(names) > maxListed {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), len(names)-maxListed)
	}
	return strings.Join(names, ", ")
}
