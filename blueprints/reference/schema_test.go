package reference

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/examples"
	"github.com/ashlar-dev/ashlar/blueprints/schema"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// asJSON returns a blueprint as JSON. Bounds on numbers are CUE's alone: each
// becomes a number.
func asJSON(t *testing.T, fsys fs.FS, dir string) map[string]any {
	t.Helper()
	files, err := source.Reader{Noun: "blueprint", Imports: []string{schema.ImportPath}}.Files(fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	open := source.Module{Path: schema.ImportPath, Package: "blueprint", Files: schema.Files, Change: source.Open}
	v, err := open.Build(cuecontext.New(), files)
	if err != nil {
		t.Fatal(err)
	}
	document, ok := concrete(t, v).(map[string]any)
	if !ok {
		t.Fatalf("%s is not a struct", dir)
	}
	return document
}

func concrete(t *testing.T, v cue.Value) any {
	t.Helper()
	switch v.IncompleteKind() {
	case cue.StructKind:
		out := map[string]any{}
		it, err := v.Fields()
		for err == nil && it.Next() {
			out[it.Selector().Unquoted()] = concrete(t, it.Value())
		}
		return out
	case cue.ListKind:
		out := []any{}
		it, err := v.List()
		for err == nil && it.Next() {
			out = append(out, concrete(t, it.Value()))
		}
		return out
	}
	if !v.IsConcrete() {
		return 0.5
	}
	text, err := v.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// compiled is the JSON Schema, as somebody else's validator reads it.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(JSONSchema)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("blueprint.json", bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("blueprint.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryExampleIsValidByTheJSONSchema(t *testing.T) {
	s := compiled(t)
	for _, name := range examples.All() {
		if err := s.Validate(asJSON(t, examples.Files, name)); err != nil {
			t.Errorf("%s: %#v", name, err)
		}
	}
	files, err := ExampleFiles()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(asJSON(t, files, ".")); err != nil {
		t.Errorf("the example of every field: %#v", err)
	}
}

// put changes the value at a path, "-" taking it away.
func put(document map[string]any, path string, value any) {
	names := strings.Split(path, ".")
	at := document
	for _, name := range names[:len(names)-1] {
		at = at[name].(map[string]any)
	}
	last := names[len(names)-1]
	if value == "-" {
		delete(at, last)
		return
	}
	at[last] = value
}

func TestWhatTheJSONSchemaRefuses(t *testing.T) {
	s := compiled(t)
	const model, column = "models.default-risk.", "datasets.applications.columns.Age."
	cases := []struct {
		name, path string
		value      any
	}{
		{"an unknown field", "nam", "x"},
		{"no name", "name", "-"},
		{"a number for a text", "name", 7.0},
		{"an unknown type of a column", column + "type", "interger"},
		{"a text for true or false", column + "sensitive", "yes"},
		{"an unknown field of a column", column + "sensitiv", true},
		{"no source", "datasets.applications.source", "-"},
		{"an unknown algorithm", model + "algorithm", "random_florest"},
		{"a parameter of another algorithm", model + "params", map[string]any{"learning_rate": 0.1}},
		{"a parameter out of bounds", model + "params", map[string]any{"max_depth": -1.0}},
		{"a custom model without an artifact", model + "algorithm", "custom"},
		{"a pyfunc without a server", model + "artifact", map[string]any{"flavor": "pyfunc", "path": "model"}},
		{"a server of a format that needs none", model + "artifact",
			map[string]any{"flavor": "xgboost", "path": "model", "serve": "python3 serve.py"}},
		{"an empty strategy's steps", "endpoints.scoring.strategy",
			map[string]any{"canary": map[string]any{"steps": []any{}}}},
		{"a weight of more than 100 percent", "endpoints.scoring.strategy",
			map[string]any{"canary": map[string]any{"steps": []any{map[string]any{"setWeight": 101.0}}}}},
		{"a gate that is a text", model + "require", map[string]any{"metrics": map[string]any{"roc_auc": ">=0.8"}}},
		{"an unknown metric", model + "require", map[string]any{"metrics": map[string]any{"roc_auk": 0.8}}},
		{"an unknown expectation", "datasets.applications.expect",
			[]any{map[string]any{"expectation": "column_values_to_be_betwen", "column": "Age"}}},
		{"a pin that is no digest", "pins",
			map[string]any{"default-risk": map[string]any{"version": 1.0, "model": "x", "data": "x",
				"plan": "x", "evidence": "x"}}},
		{"an unknown field of an environment", "environments.dev", map[string]any{"endpoint": map[string]any{}}},
	}
	for _, c := range cases {
		document := asJSON(t, examples.Files, "credit")
		put(document, c.path, c.value)
		if s.Validate(document) == nil {
			t.Errorf("%s is valid", c.name)
		}
	}
}

// TestTheJSONSchemaKeepsDefaultsAndDocumentation compares the schema with the tree
// that everything else is made of.
func TestTheJSONSchemaKeepsDefaultsAndDocumentation(t *testing.T) {
	text, err := Schema(JSONSchema)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Defs map[string]struct {
			Properties map[string]struct {
				Description string
				Default     any
				Enum        []any
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	column, forest, drift := document.Defs["Column"].Properties, document.Defs["RandomForest"].Properties,
		document.Defs["Drift"].Properties
	if column["nullable"].Default != false || forest["n_estimators"].Default != 100.0 ||
		drift["window"].Default != "1h" || drift["tests"].Default != "auto" {
		t.Errorf("defaults are lost: %v %v %v %v", column["nullable"], forest["n_estimators"],
			drift["window"], drift["tests"])
	}
	if got := column["anonymise"].Enum; !slices.Equal(got, []any{"hash", "mask", "drop"}) {
		t.Errorf("anonymise is one of %v", got)
	}
	for _, name := range slices.Sorted(maps.Keys(document.Defs)) {
		for field, p := range document.Defs[name].Properties {
			if p.Description == "" {
				t.Errorf("%s.%s has no description", name, field)
			}
		}
	}
}

// TestJSONIsABlueprint: what the schema is for. A program may write JSON to a .cue
// file.
func TestJSONIsABlueprint(t *testing.T) {
	document := asJSON(t, examples.Files, "concrete")
	put(document, "models.strength.require", map[string]any{})
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blueprints.LoadAll(fstest.MapFS{"blueprint.cue": {Data: text}}, "."); err != nil {
		t.Error(err)
	}
}

func TestTheOpenAPIDocumentIsValid(t *testing.T) {
	text, err := Schema(OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context(), openapi3.DisableSchemaDefaultsValidation()); err != nil {
		t.Error(err)
	}
	blueprint := document.Components.Schemas["Blueprint"]
	if blueprint == nil {
		t.Fatal("it has no schema Blueprint")
	}
	for _, name := range examples.All() {
		if err := blueprint.Value.VisitJSON(asJSON(t, examples.Files, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	wrong := asJSON(t, examples.Files, "credit")
	put(wrong, "datasets.applications.columns.Age.type", "interger")
	if blueprint.Value.VisitJSON(wrong) == nil {
		t.Error("an unknown type of a column is valid")
	}
}

func TestTheOneFileIsTheSchema(t *testing.T) {
	text, err := Schema(CUE)
	if err != nil {
		t.Fatal(err)
	}
	ctx := cuecontext.New()
	v := ctx.CompileBytes(text)
	if v.Err() != nil {
		t.Fatal(v.Err())
	}
	closed := v.LookupPath(cue.ParsePath("#Blueprint"))
	good, err := json.Marshal(asJSON(t, examples.Files, "credit"))
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Unify(ctx.CompileBytes(good)).Validate(cue.Concrete(true)); err != nil {
		t.Error(err)
	}
	if closed.Unify(ctx.CompileString(`nam: "x"`)).Validate() == nil {
		t.Error("an unknown field is valid")
	}
}

func TestAnUnknownFormatIsRefused(t *testing.T) {
	if _, err := Schema("yaml"); err == nil ||
		!strings.Contains(err.Error(), `unknown format "yaml"; known are "jsonschema", "openapi", "cue"`) {
		t.Error(err)
	}
}
