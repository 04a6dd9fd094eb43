package record

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// maxDepth bounds how deep invented outputs go: some SDK types hold themselves.
const maxDepth = 6

var outputType = reflect.TypeFor[pulumi.Output]()

// inventor makes a resource's outputs from the Go type of its SDK struct.
type inventor struct {
	origin Reference // whose outputs they are, without a path
	note   func(token string, ref Reference)
}

// outputs returns an output for every field of the resource struct: what was
// put in, and placeholders for the rest. A text is always a placeholder, with
// the input as its literal, so that who uses it is known to depend on it.
// Fields that the SDK has for its own purposes have no tag, and are left out.
func (v inventor) outputs(typ reflect.Type, inputs resource.PropertyMap) resource.PropertyMap {
	out := resource.PropertyMap{}
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		return inputs
	}
	for i := range typ.NumField() {
		field := typ.Field(i)
		name := tagName(field)
		if name == "" || !field.IsExported() || !field.Type.Implements(outputType) {
			continue
		}
		output, ok := reflect.Zero(field.Type).Interface().(pulumi.Output)
		if !ok {
			continue
		}
		value := v.value(output.ElementType(), inputs[resource.PropertyKey(name)], []string{name})
		if !value.IsNull() {
			out[resource.PropertyKey(name)] = value
		}
	}
	return out
}

// value invents one value of a type, echoing the input where there is one.
// A text that was put in within an object or list is echoed; one at the top is a
// placeholder with the input as its literal. What was not put in is invented at any
// depth.
func (v inventor) value(typ reflect.Type, in resource.PropertyValue, path []string) resource.PropertyValue {
	if in.IsSecret() {
		return resource.MakeSecret(v.value(typ, in.SecretValue().Element, path))
	}
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch typ.Kind() {
	case reflect.String:
		if !in.IsNull() && len(path) > 1 {
			return in
		}
		return resource.NewProperty(v.text(path, in))
	case reflect.Int, reflect.Int64, reflect.Float64:
		if !in.IsNull() {
			return in
		}
		return resource.NewProperty(v.number(path))
	case reflect.Bool:
		if in.IsNull() {
			return resource.NewProperty(false)
		}
		return in
	case reflect.Slice:
		return v.list(typ.Elem(), in, path)
	case reflect.Struct:
		return v.object(typ, in, path)
	default: // maps and anything: what was put in, or nothing
		return in
	}
}

// list invents one element where there was no input, since programs index lists that
// the cloud fills.
func (v inventor) list(elem reflect.Type, in resource.PropertyValue, path []string) resource.PropertyValue {
	if len(path) >= maxDepth {
		return in
	}
	elements := []resource.PropertyValue{{}}
	if in.IsArray() {
		elements = in.ArrayValue()
	}
	out := make([]resource.PropertyValue, len(elements))
	for i, e := range elements {
		out[i] = v.value(elem, e, append(path[:len(path):len(path)], strconv.Itoa(i)))
	}
	return resource.NewProperty(out)
}

// object invents every field that the type has a tag for.
func (v inventor) object(typ reflect.Type, in resource.PropertyValue, path []string) resource.PropertyValue {
	if len(path) >= maxDepth {
		return in
	}
	given := resource.PropertyMap{}
	if in.IsObject() {
		given = in.ObjectValue()
	}
	out := resource.PropertyMap{}
	for i := range typ.NumField() {
		name := tagName(typ.Field(i))
		if name == "" {
			continue
		}
		value := v.value(typ.Field(i).Type, given[resource.PropertyKey(name)], append(path[:len(path):len(path)], name))
		if !value.IsNull() {
			out[resource.PropertyKey(name)] = value
		}
	}
	return resource.NewProperty(out)
}

// text notes and returns the placeholder of a path.
func (v inventor) text(path []string, literal resource.PropertyValue) string {
	ref := v.at(path)
	token := placeholder(ref)
	if !literal.IsNull() {
		ref.Literal = &literal
	}
	v.note(token, ref)
	return token
}

// number notes and returns the number of a path, under the text in which Expand
// finds it.
func (v inventor) number(path []string) float64 {
	ref := v.at(path)
	n := placeholderNumber(ref)
	v.note(NumberText(n), ref)
	return n
}

// at is the reference of a path.
func (v inventor) at(path []string) Reference {
	ref := v.origin
	ref.Path = path
	return ref
}

// tagName is the property that a field of an SDK struct holds, or "".
func tagName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("pulumi"), ",")
	return name
}
