package main

import (
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	fields "github.com/ashlar-dev/ashlar/blueprints/reference"
)

func schemaVerb(a *app) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "schema",
		Short: "Print the schema of a blueprint as JSON Schema, OpenAPI or CUE",
		Long: `Schema prints what a blueprint may say, for editors and for programs that write
blueprints. A JSON document is a blueprint too: CUE contains JSON, so a program can
write one to a .cue file. Two things differ from the CUE schema: in JSON a gate is
a number that the metric must equal, since bounds such as >=0.8 are CUE, and
references between concepts are checked by 'ashlar check' alone.`,
		Example: `  ashlar schema > blueprint.schema.json      # JSON Schema, draft 2020-12
  ashlar schema --format openapi             # OpenAPI 3: components.schemas
  ashlar schema --format cue > blueprint.cue # the schema itself, as one file`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := fields.Schema(format)
			if errors.As(err, new(*fields.UnknownError)) {
				return usageError(err.Error())
			}
			if err != nil {
				return err
			}
			if !a.json() {
				_, err = a.out.Write(text)
				return err
			}
			var document any = json.RawMessage(text)
			if format == fields.CUE {
				document = string(text)
			}
			return a.writeJSON(map[string]any{"format": format, "schema": document})
		},
	}
	c.Flags().StringVar(&format, "format", fields.JSONSchema, "jsonschema, openapi or cue")
	return c
}
