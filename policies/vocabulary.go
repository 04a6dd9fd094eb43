package policies

import (
	"reflect"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/blueprints/source"
	"github.com/ashlar-dev/ashlar/policies/lower"
)

// vocabulary is what a subject may say, level by level. A rule that constrains
// a field which no subject has would never match, or never pass, so it is a
// problem when the pack is loaded.
type vocabulary struct {
	// Nothing is checked below such a part.
	any    bool // what is below is not ours to know
	fields map[string]*vocabulary
	elem   *vocabulary // of every field of a map, or item of a list
}

// leaf has nothing below it.
var leaf = &vocabulary{}

// anything may have any field: properties of resources are the provider's.
var anything = &vocabulary{any: true}

// vocabularyOf describes what a Go type says in JSON.
// It follows the types' JSON tags, so that a new field of the plan is known to rules
// without another list. Types must not contain themselves.
func vocabularyOf(t reflect.Type) *vocabulary {
	if t == reflect.TypeFor[plan.Policy]() {
		return leaf // a rule is not about rules
	}
	switch t.Kind() {
	case reflect.Pointer:
		return vocabularyOf(t.Elem())
	case reflect.Slice, reflect.Map:
		return &vocabulary{elem: vocabularyOf(t.Elem())}
	case reflect.Interface:
		return anything
	case reflect.Struct:
		v := &vocabulary{fields: map[string]*vocabulary{}}
		for i := range t.NumField() {
			// Fields without a tag, or with "-", are not in the plan's JSON.
			if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
				v.fields[name] = vocabularyOf(t.Field(i).Type)
			}
		}
		return v
	}
	return leaf
}

// with adds fields to a copy.
func (v *vocabulary) with(more map[string]*vocabulary) *vocabulary {
	out := &vocabulary{fields: map[string]*vocabulary{}}
	for name, f := range v.fields {
		out.fields[name] = f
	}
	for name, f := range more {
		out.fields[name] = f
	}
	return out
}

// subjectWords is the vocabulary of what each kind of rule looks at.
// It has to agree with what Subjects and Registered.subject put into values. The last
// case is that of resources.
func subjectWords(about About) *vocabulary {
	of := func(v any) *vocabulary { return vocabularyOf(reflect.TypeOf(v)) }
	several := func(v *vocabulary) *vocabulary { return &vocabulary{elem: v} }
	named := map[string]*vocabulary{"name": leaf}
	dataset, model := of(plan.Dataset{}).with(named), of(plan.Model{}).with(named)
	pipeline, endpoint, slo := of(plan.Pipeline{}).with(named), of(plan.Endpoint{}).with(named),
		of(plan.SLO{}).with(named)
	context := map[string]*vocabulary{
		"name": leaf, "environment": leaf,
		"blueprint": {fields: map[string]*vocabulary{"name": leaf, "description": leaf, "owner": of(plan.Owner{})}},
	}
	links := func(uses, usedBy map[string]*vocabulary) map[string]*vocabulary {
		return map[string]*vocabulary{"uses": {fields: uses}, "used_by": {fields: usedBy}}
	}
	words := map[string]*vocabulary{}
	switch about {
	case Blueprint:
		return of(plan.Plan{})
	case Dataset:
		return dataset.with(context).with(links(words,
			map[string]*vocabulary{"models": several(model), "pipelines": several(pipeline),
				"endpoints": several(endpoint)}))
	case Model:
		column := of(plan.Column{})
		flows := map[string]*vocabulary{
			"inputs":  several(column.with(map[string]*vocabulary{"fairness": several(several(of(plan.Bound{})))})),
			"outputs": several(column),
		}
		return model.with(context).with(flows).with(links(map[string]*vocabulary{"dataset": dataset},
			map[string]*vocabulary{"pipelines": several(pipeline), "endpoints": several(endpoint)}))
	case Endpoint:
		return endpoint.with(context).with(links(map[string]*vocabulary{"model": model, "dataset": dataset},
			map[string]*vocabulary{"slos": several(slo)}))
	case SLO:
		return slo.with(context).with(links(map[string]*vocabulary{"endpoint": endpoint, "model": model}, words))
	case Evidence:
		return of(plan.Evidence{})
	}
	return &vocabulary{fields: map[string]*vocabulary{
		"type": leaf, "name": leaf, "environment": leaf, "properties": anything, "pod": anything, "documents": anything,
		"uses": anything, "used_by": anything,
	}}
}

// child is the vocabulary below a field, and false where there is no such field.
func (v *vocabulary) child(name string) (*vocabulary, bool) {
	if v.any {
		return v, true
	}
	if f, ok := v.fields[name]; ok {
		return f, true
	}
	return v.elem, v.elem != nil
}

// stranger is a field that the vocabulary does not have.
type stranger struct {
	path []string
	hint string
}

// finder finds strangers in a constraint, through the definitions it uses.
// It follows a definition once on each path, as definitions may refer to themselves.
type finder struct {
	*lower.Expression
	inside map[string]bool // definitions that are being looked at
	found  []stranger
}

// look walks the expression beside the vocabulary. Parts that are not structs, lists
// or combinations of them name no fields.
func (f *finder) look(v *vocabulary, e ast.Expr, path []string) {
	if v == nil || v.any {
		return
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		f.look(v, e.X, path)
	case *ast.UnaryExpr:
		f.look(v, e.X, path)
	case *ast.BinaryExpr:
		f.look(v, e.X, path)
		f.look(v, e.Y, path)
	case *ast.SelectorExpr:
		if name, def := f.Definition(e); def != nil && !f.inside[name] {
			f.inside[name] = true
			f.look(v, def, path)
			delete(f.inside, name)
		}
	case *ast.ListLit:
		for i, elt := range e.Elts {
			if more, ok := elt.(*ast.Ellipsis); ok {
				elt = more.Type
			}
			f.look(v.elem, elt, below(path, strconv.Itoa(i)))
		}
	case *ast.StructLit:
		for _, d := range e.Elts {
			f.declared(v, d, path)
		}
	}
}

// declared looks at one declaration of a struct. Hidden fields and definitions are
// the author's own and name nothing of the subject.
func (f *finder) declared(v *vocabulary, d ast.Decl, path []string) {
	switch d := d.(type) {
	case *ast.EmbedDecl:
		f.look(v, d.Expr, path)
	case *ast.Comprehension:
		f.look(v, d.Value, path)
	case *ast.Field:
		name, isIdent, err := ast.LabelName(d.Label)
		if err != nil || isIdent && (strings.HasPrefix(name, "_") || strings.HasPrefix(name, "#")) {
			f.look(v.elem, d.Value, below(path, "[...]")) // a pattern, or a computed name
			return
		}
		next, ok := v.child(name)
		if !ok {
			f.found = append(f.found, v.stranger(below(path, name)))
			return
		}
		f.look(next, d.Value, below(path, name))
	}
}

// stranger is the last name of the path, which the vocabulary does not have.
func (v *vocabulary) stranger(path []string) stranger {
	names := keys(v.fields)
	hint := nearest.Hint(path[len(path)-1], names)
	if hint == "" {
		hint = "known are " + source.Known(path[len(path)-1], names)
	}
	return stranger{path: path, hint: hint}
}

// below is the path with one name more; the path itself stays as it is.
func below(path []string, name string) []string { return append(path[:len(path):len(path)], name) }

// strangersIn finds fields of a JSON value that the vocabulary does not have.
func (v *vocabulary) strangersIn(value any, path []string) []stranger {
	if v == nil || v.any {
		return nil
	}
	var out []stranger
	switch value := value.(type) {
	case map[string]any:
		for _, name := range keys(value) {
			next, ok := v.child(name)
			if !ok {
				out = append(out, v.stranger(below(path, name)))
				continue
			}
			out = append(out, next.strangersIn(value[name], below(path, name))...)
		}
	case []any:
		for i, one := range value {
			out = append(out, v.elem.strangersIn(one, below(path, strconv.Itoa(i)))...)
		}
	}
	return out
}
