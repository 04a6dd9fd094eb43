package reference

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/encoding/jsonschema"

	"github.com/ashlar-dev/ashlar/blueprints/schema"
)

// jsonSchema writes a document with a definition for each of the schema's. CUE's
// generator leaves out defaults and conditions; these are added from the syntax.
func jsonSchema() ([]byte, error) {
	definitions, err := definitions()
	if err != nil {
		return nil, err
	}
	addKnownTo(definitions)
	more, err := conditions()
	if err != nil {
		return nil, err
	}
	for name, all := range more {
		d := definitions[name]
		before, _ := d["allOf"].([]any)
		d["allOf"] = append(before, all...)
	}
	return indented(map[string]any{
		"$schema": jsonschema.VersionDraft2020_12.String(),
		"title":   "Ashlar blueprint",
		"$ref":    "#/$defs/Blueprint",
		"$defs":   definitions,
	})
}

// definitions returns the JSON Schema of every definition by name, but for what
// conditions ask for.
func definitions() (map[string]map[string]any, error) {
	v, err := lifted()
	if err != nil {
		return nil, err
	}
	out, err := generated(v)
	if err != nil {
		return nil, err
	}
	return out, complete(cuecontext.New(), out)
}

// generated returns the JSON Schema of every definition by name.
func generated(v cue.Value) (map[string]map[string]any, error) {
	it, err := v.Fields(cue.Definitions(true))
	if err != nil {
		return nil, err
	}
	cfg := &jsonschema.GenerateConfig{NamesFunc: func(refs []*jsonschema.CUERef) {
		for _, ref := range refs {
			ref.Name = strings.ReplaceAll(ref.Path.String(), "#", "")
		}
	}}
	ctx, out := cuecontext.New(), map[string]map[string]any{}
	for it.Next() {
		expr, err := jsonschema.Generate(it.Value(), cfg)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", it.Selector(), err)
		}
		one, err := decoded(ctx, expr)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", it.Selector(), err)
		}
		delete(one, "$schema")
		delete(one, "$defs") // each of them has its own turn
		out[strings.TrimPrefix(it.Selector().String(), "#")] = one
	}
	return out, nil
}

func decoded(ctx *cue.Context, expr ast.Expr) (map[string]any, error) {
	text, err := ctx.BuildExpr(expr).MarshalJSON()
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(text, &out)
}

// complete writes what the generator leaves out into the definitions.
func complete(ctx *cue.Context, definitions map[string]map[string]any) error {
	w, err := newWalk(schema.Files)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		root := &Field{Path: name}
		if err := w.describe(root, ast.NewIdent("#"+name), 0); err != nil {
			return err
		}
		definitions[name]["description"] = root.Doc
		fill(ctx, definitions[name], root)
		tidy(definitions[name])
	}
	return nil
}

// fill writes the defaults and missing descriptions of the field's members into the schema of an object.
func fill(ctx *cue.Context, object map[string]any, f *Field) {
	properties, _ := object["properties"].(map[string]any)
	for _, below := range f.Fields {
		one, ok := properties[below.Name].(map[string]any)
		if !ok {
			if properties[below.Name] != true {
				continue
			}
			one = map[string]any{} // true: anything
			properties[below.Name] = one
		}
		if one["description"] == nil {
			one["description"] = below.Doc
		}
		if v := ctx.CompileString(below.Default); below.Default != "" && v.Validate(cue.Concrete(true)) == nil {
			if text, err := v.MarshalJSON(); err == nil {
				one["default"] = json.RawMessage(text)
			}
		}
		if below.definition != "" {
			continue // its members have defaults where it is defined
		}
		for _, key := range []string{"", "items", "additionalProperties"} {
			inner, ok := one[key].(map[string]any)
			if key == "" {
				inner, ok = one, true
			}
			if ok {
				fill(ctx, inner, below)
			}
		}
	}
}

// tidy says more shortly what CUE's generator says twice: allOf a number and a whole
// number, and a list whose first elements are as all others.
func tidy(value any) {
	switch value := value.(type) {
	case []any:
		for _, one := range value {
			tidy(one)
		}
	case map[string]any:
		if first, ok := value["prefixItems"].([]any); ok && len(first) == 1 &&
			reflect.DeepEqual(first[0], value["items"]) {
			delete(value, "prefixItems")
		}
		if all, ok := value["allOf"].([]any); ok && len(all) == 2 &&
			reflect.DeepEqual(all[0], map[string]any{"type": "number"}) {
			if whole, ok := all[1].(map[string]any); ok && whole["type"] == "integer" {
				delete(value, "allOf")
				maps.Copy(value, whole)
			}
		}
		for _, one := range value {
			tidy(one)
		}
	}
}
