// Package live finds configuration drift in a cluster: it compares rendered objects with
// those that an API server has.
//
// Pulumi compares the fields that a program sets. Most changes by hand are elsewhere: one
// more rule in a network policy, a sidecar in a pod template, a role binding beside ours.
// So an object is compared in three ways: with the result of applying the program's object
// to it (see Compare), field by field with the managers that the API server has recorded
// (see extras), and by listing what our namespaces hold that the program does not make
// (see strangers).
//
// Comparison is pure; Look asks. Values of Secrets and of environment variables are in no
// finding: findings end up in issues and logs.
package live

import (
	"encoding/json"
	"strings"

	"github.com/ashlar-dev/ashlar/stacks/drift"
)

// Object is a Kubernetes object as JSON decodes it.
type Object map[string]any

func (o Object) text(key string) string {
	s, _ := o[key].(string)
	return s
}

func (o Object) meta() Object {
	m, _ := o["metadata"].(map[string]any)
	return m
}

// Kind, Version ("apps/v1"), Namespace and Name say which object it is.
func (o Object) Kind() string      { return o.text("kind") }
func (o Object) Version() string   { return o.text("apiVersion") }
func (o Object) Namespace() string { return o.meta().text("namespace") }
func (o Object) Name() string      { return o.meta().text("name") }

// label is how findings name the object.
func (o Object) label() string { return drift.Label(o.Kind(), o.Namespace(), o.Name()) }

// group is the API group, "" for the core's.
func group(version string) string {
	g, _, ok := strings.Cut(version, "/")
	if !ok {
		return ""
	}
	return g
}

// key identifies the object whatever its group's version is.
func (o Object) key() string { return group(o.Version()) + " " + o.label() }

// Prepared is a copy of the rendered object as it is compared: without the values of
// Secrets.
func Prepared(o Object) Object {
	o = clone(map[string]any(o)).(map[string]any)
	if o.Kind() == "Secret" {
		forget(o)
	}
	return o
}

// forget replaces the values of a rendered Secret by variables: keys are compared, values
// are not. Those of a rendering are not those of the stack, whose passwords are random
// and in its state alone.
func forget(o Object) {
	data := map[string]any{}
	for _, part := range []string{"data", "stringData"} {
		values, _ := o[part].(map[string]any)
		for key := range values {
			data[key] = "${" + key + "}"
		}
		delete(o, part)
	}
	if len(data) > 0 {
		o["data"] = data
	}
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, one := range v {
			out[key] = clone(one)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = clone(one)
		}
		return out
	}
	return v
}

// open reports whether a value has a ${variable} that nobody gave a value for.
func open(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, "${")
	case map[string]any:
		for _, one := range v {
			if open(one) {
				return true
			}
		}
	case []any:
		for _, one := range v {
			if open(one) {
				return true
			}
		}
	}
	return false
}

const (
	hidden  = "(hidden)"
	maxShow = 200 // characters of a value in a finding
)

// show writes a value into a finding; "" for nil.
func show(kind, path string, v any) string {
	if v == nil {
		return ""
	}
	if kind == "Secret" && !strings.HasPrefix(path, "metadata.labels") && path != "type" ||
		strings.HasSuffix(path, ".value") && strings.Contains(path, "env[") {
		return hidden
	}
	text, err := json.Marshal(covered(v))
	if err != nil {
		return "?"
	}
	if runes := []rune(string(text)); len(runes) > maxShow {
		return string(runes[:maxShow]) + "..."
	}
	return string(text)
}

// covered hides the values of environment variables within a value: of each {name,
// value}, whichever list it is in.
func covered(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		_, named := v["name"]
		for key, one := range v {
			if _, text := one.(string); named && key == "value" && text {
				out[key] = hidden
				continue
			}
			out[key] = covered(one)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = covered(one)
		}
		return out
	}
	return v
}
