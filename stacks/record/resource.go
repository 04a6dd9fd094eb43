package record

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Resource is one registered resource.
type Resource struct {
	URN, Type, Name string
	Parent          string // URN of the parent; the stack's where there is none
	Custom          bool   // false: a component
	Provider        string // URN of an explicit provider, else empty

	// Inputs are the arguments with placeholders in them. Secret values are
	// wrapped; there are no unknowns.
	Inputs resource.PropertyMap

	Dependencies         []string            // URNs, explicit ones and those of the inputs, sorted
	PropertyDependencies map[string][]string // input -> URNs that its value came from
	Aliases              []string            // former URNs or names
	IgnoreChanges        []string
	AdditionalSecrets    []string // outputs that are secret whatever the provider says
	DeletedWith          string
	Protect              bool
	RetainOnDelete       bool
}

// Package returns the provider's name: "aws" of aws:s3/bucketV2:BucketV2.
func (r *Resource) Package() string {
	name, _, _ := strings.Cut(r.Type, ":")
	return name
}

// Data is a data source that the program read.
type Data struct {
	Token string // such as aws:index/getRegion:getRegion
	Name  string // unique among the data sources of a recording
	Args  resource.PropertyMap
}

// OfType returns the resources of a type token.
// It looks through all; recordings have hundreds of resources and not millions.
func (r *Recording) OfType(token string) []*Resource {
	var out []*Resource
	for _, one := range r.Resources {
		if one.Type == token {
			out = append(out, one)
		}
	}
	return out
}

// Named returns the resource of a type token and name; nil where there is none
// or more than one.
func (r *Recording) Named(token, name string) *Resource {
	all := slices.DeleteFunc(r.OfType(token), func(one *Resource) bool { return one.Name != name })
	if len(all) != 1 {
		return nil
	}
	return all[0]
}

// ByURN returns the resource of a URN; nil where there is none.
// The resources are sorted by URN, so it searches.
func (r *Recording) ByURN(urn string) *Resource {
	i, ok := slices.BinarySearchFunc(r.Resources, urn,
		func(one *Resource, urn string) int { return strings.Compare(one.URN, urn) })
	if !ok {
		return nil
	}
	return r.Resources[i]
}

// Plain returns v without its secret wrapping as JSON's values: nil, bool,
// float64, string, []any, map[string]any.
// Losing the wrapping loses what is secret: callers that write the result anywhere
// must have asked HasSecret before.
func Plain(v resource.PropertyValue) any {
	switch {
	case v.IsSecret():
		return Plain(v.SecretValue().Element)
	case v.IsOutput():
		return Plain(v.OutputValue().Element)
	case v.IsArray():
		out := make([]any, len(v.ArrayValue()))
		for i, e := range v.ArrayValue() {
			out[i] = Plain(e)
		}
		return out
	case v.IsObject():
		return PlainMap(v.ObjectValue())
	default:
		return v.V
	}
}

// PlainMap is Plain of every property.
func PlainMap(m resource.PropertyMap) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[string(k)] = Plain(v)
	}
	return out
}

// HasSecret reports whether v is secret or holds a secret.
func HasSecret(v resource.PropertyValue) bool { return v.ContainsSecrets() }
