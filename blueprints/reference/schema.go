package reference

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/format"

	"github.com/ashlar-dev/ashlar/blueprints/schema"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// The formats of the schema.
const (
	JSONSchema = "jsonschema" // draft 2020-12
	OpenAPI    = "openapi"    // 3.0
	CUE        = "cue"        // the schema itself, as one file
)

// Formats are the formats that Schema knows.
func Formats() []string { return []string{JSONSchema, OpenAPI, CUE} }

// Schema returns the schema of a blueprint in a format. The same schema gives the
// same bytes. A format that there is not is an UnknownError.
func Schema(name string) ([]byte, error) {
	write, ok := map[string]func() ([]byte, error){JSONSchema: jsonSchema, OpenAPI: openAPI, CUE: oneFile}[name]
	if !ok {
		return nil, unknown("format", name, "", Formats())
	}
	text, err := write()
	if err != nil {
		return nil, fmt.Errorf("schema as %s: %w", name, err)
	}
	return text, nil
}

// lifted is the schema with the fields that conditions add declared as optional,
// because the generators do not evaluate conditions. conditions() adds these back.
func lifted() (cue.Value, error) {
	w, err := newWalk(schema.Files)
	if err != nil {
		return cue.Value{}, err
	}
	m := source.Module{Path: schema.ImportPath, Package: "blueprint", Files: schema.Files, Change: w.lift}
	return m.Value(cuecontext.New())
}

// oneFile joins the files of the schema, the one with the package's comment first.
func oneFile() ([]byte, error) {
	names, err := fs.Glob(schema.Files, "*.cue")
	if err != nil {
		return nil, err
	}
	const clause, first = "package blueprint\n", "blueprint.cue"
	var head, rest strings.Builder
	for _, name := range names {
		text, err := schema.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		comment, body, ok := strings.Cut(string(text), clause)
		if !ok {
			return nil, fmt.Errorf("%s has no line %q", name, clause)
		}
		if name == first {
			head.WriteString(comment + clause + body)
			continue
		}
		rest.WriteString("\n" + body)
	}
	return format.Source([]byte(head.String() + rest.String()))
}

// indented encodes a document for people and programs.
func indented(document any) ([]byte, error) {
	text, err := json.MarshalIndent(document, "", "  ")
	return append(text, '\n'), err
}
