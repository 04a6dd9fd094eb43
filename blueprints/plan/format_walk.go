package plan

import (
	"reflect"
	"slices"
	"sync"
)

// fieldsOfPlan is what jsonFields says of every struct that a plan may have in it. It is
// worked out once: a plan has hundreds of columns, and a program has hundreds of plans.
var fieldsOfPlan = sync.OnceValue(func() map[reflect.Type]map[string]reflect.Type {
	out := map[reflect.Type]map[string]reflect.Type{}
	var add func(t reflect.Type)
	add = func(t reflect.Type) {
		switch t = solid(t); t.Kind() {
		case reflect.Map, reflect.Slice, reflect.Array:
			add(t.Elem())
		case reflect.Struct:
			if out[t] != nil {
				return
			}
			out[t] = jsonFields(t)
			for _, of := range out[t] {
				add(of)
			}
		}
	}
	add(reflect.TypeFor[Plan]())
	return out
})

// valueWalk goes through the fields of a value that it has as JSON.
//
// Paths grow in place, and are made texts by who keeps them: hardly any is kept.
type valueWalk struct {
	found func(field, path []byte)                 // as Paths names it, and where it is in the value
	on    map[reflect.Type][]byte                  // structs that the walk is within, and their paths
	known map[reflect.Type]map[string]reflect.Type // what jsonFields says of a struct
}

func (w *valueWalk) value(v piece, t reflect.Type, field, path []byte) {
	t = solid(t)
	switch {
	case v.of('[') && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		for _, item := range v.items {
			w.value(item, t.Elem(), under(field, "*"), under(path, "*"))
		}
	case v.of('{') && t.Kind() == reflect.Map:
		for _, f := range v.fields {
			w.value(f.value, t.Elem(), under(field, "*"), under(path, "*"))
		}
	case v.of('{') && t.Kind() == reflect.Struct:
		w.object(v, t, field, path)
	}
}

// object goes through a struct. One that the walk is within already has the fields that
// it has there.
func (w *valueWalk) object(v piece, t reflect.Type, field, path []byte) {
	if at, within := w.on[t]; within {
		field = slices.Clone(at) // what grows from it must not grow over the path of what it is in
	} else {
		if w.on == nil {
			w.on = map[reflect.Type][]byte{}
		}
		w.on[t] = field
		defer delete(w.on, t)
	}
	fields := w.known[t]
	for _, f := range v.fields {
		if of, has := fields[f.name]; has {
			field, path := under(field, f.name), under(path, f.name)
			w.found(field, path)
			w.value(f.value, of, field, path)
		}
	}
}

// under is below of a path that is read before the next is made.
func under(path []byte, step string) []byte {
	if len(path) > 0 {
		path = append(path, '.')
	}
	return append(path, step...)
}
