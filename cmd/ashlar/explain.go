package main

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	fields "github.com/ashlar-dev/ashlar/blueprints/reference"
)

func explainVerb(a *app) *cobra.Command {
	var recursive bool
	c := &cobra.Command{
		Use:   "explain [FIELD|CODE]",
		Short: "Explain a field of a blueprint, or the code of a problem",
		Long: `Explain prints the documentation of one field of the blueprint's schema: its type,
default and allowed values, what it does, an example, and the fields below it.
Without a FIELD it prints the top level. A FIELD is a path with dots. Names that
you chose, such as that of a dataset or a column, may be part of the path or be
left out. Where the schema has a field for each of several algorithms, all are
printed, with the condition of each.

A CODE such as E0201 is in brackets behind each problem that 'ashlar check'
finds. For it explain prints the cause, the remedy and an example.`,
		Example: `  ashlar explain
  ashlar explain datasets.columns.anonymise
  ashlar explain models.default-risk.require
  ashlar explain endpoints.drift --recursive
  ashlar explain models.params.max_depth --output json
  ashlar explain E0201`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := ""
			if len(args) > 0 {
				path = args[0]
			}
			return a.explain(path, recursive)
		},
	}
	c.Flags().BoolVarP(&recursive, "recursive", "r", false, "print all fields below it as a tree")
	return c
}

// codeForm is what the code of a problem looks like.
var codeForm = regexp.MustCompile(`^[Ee][0-9]+$`)

// explainCode prints what the code of a problem means.
func (a *app) explainCode(code string) error {
	k, err := fields.Code(code)
	switch {
	case err != nil:
		return usageError(err.Error())
	case a.json():
		return a.writeJSON(k)
	}
	return fields.WriteKind(a.out, k)
}

func (a *app) explain(path string, recursive bool) error {
	if codeForm.MatchString(path) {
		return a.explainCode(path)
	}
	root, err := fields.Blueprint()
	if err != nil {
		return err
	}
	found, err := root.Find(path)
	if err != nil {
		return usageError(err.Error() + "\nSee 'ashlar explain --recursive' for all fields.")
	}
	if a.json() {
		shown := make([]*fields.Field, len(found))
		for i, f := range found {
			shown[i] = f.Within(recursive)
		}
		return a.writeJSON(shown)
	}
	for i, f := range found {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		if err := f.Write(a.out, recursive); err != nil {
			return err
		}
	}
	return nil
}
