package plan

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// Paths returns the path of every field that a plan's JSON may have, sorted: the
// fields' names, with * for an item of a map or list. A type that contains itself is
// gone through once.
func Paths() []string {
	w := fieldWalk{}
	var out []string
	w.found = func(field string) { out = append(out, field) }
	w.types(reflect.TypeFor[Plan](), "")
	slices.Sort(out)
	return slices.Compact(out)
}

// fieldWalk goes through the fields of a type.
type fieldWalk struct {
	found func(field string)      // as Paths names it
	on    map[reflect.Type]string // structs that the walk is within, and their paths
}

// enter notes that the walk is within the struct, or returns the path where it has
// entered it already.
func (w *fieldWalk) enter(t reflect.Type, field string) (first string, leave func()) {
	if at, within := w.on[t]; within {
		return at, nil
	}
	if w.on == nil {
		w.on = map[reflect.Type]string{}
	}
	w.on[t] = field
	return field, func() { delete(w.on, t) }
}

func (w *fieldWalk) types(t reflect.Type, field string) {
	switch t = solid(t); t.Kind() {
	case reflect.Map, reflect.Slice, reflect.Array:
		w.types(t.Elem(), below(field, "*"))
	case reflect.Struct:
		field, leave := w.enter(t, field)
		if leave == nil {
			return
		}
		defer leave()
		for name, of := range jsonFields(t) {
			w.found(below(field, name))
			w.types(of, below(field, name))
		}
	}
}

// below is a path one step further down.
func below(path, step string) string {
	if path == "" {
		return step
	}
	return path + "." + step
}

// solid is the type without pointers.
func solid(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// jsonFields are the fields that a struct has in JSON, by their names there.
func jsonFields(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		out[name] = f.Type
	}
	return out
}

// without returns the JSON, of a value of the type, without what the path leads to.
// A field that the type has stays: this program knows it, and another does not. The
// type is nil where the value is one that this program does not know.
func without(raw json.RawMessage, t reflect.Type, path []string) (json.RawMessage, error) {
	if t != nil {
		t = solid(t)
	}
	var items []json.RawMessage
	if len(path) > 1 && path[0] == "*" && json.Unmarshal(raw, &items) == nil {
		for i := range items {
			var err error
			if items[i], err = without(items[i], elem(t), path[1:]); err != nil {
				return nil, err
			}
		}
		return json.Marshal(items)
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		return raw, nil // what the path means is not here
	}
	for name, item := range fields {
		if path[0] != "*" && path[0] != name {
			continue
		}
		of, has := child(t, name)
		switch {
		case len(path) > 1:
			item, err := without(item, of, path[1:])
			if err != nil {
				return nil, err
			}
			fields[name] = item
		case !has:
			delete(fields, name)
		}
	}
	return json.Marshal(fields)
}

// elem is the type of a list's items, or nil.
func elem(t reflect.Type) reflect.Type {
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		return t.Elem()
	}
	return nil
}

// child is the type of what an object of the type has by the name, and whether it
// may have that; nil where it is not known.
func child(t reflect.Type, name string) (reflect.Type, bool) {
	switch {
	case t == nil:
		return nil, false
	case t.Kind() == reflect.Map:
		return t.Elem(), true
	case t.Kind() == reflect.Struct:
		of, has := jsonFields(t)[name]
		return of, has
	}
	return nil, false
}
