package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

func modelListVerb(m *modelApp) *cobra.Command {
	return &cobra.Command{
		Use:   "list [NAME]",
		Short: "List the registered versions, newest first",
		Example: `  ashlar model list
  ashlar model list default-risk --output json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return m.with(c.Context(), func(r *registry.Registry) error {
				versions, err := allVersions(c, r, args)
				if err != nil {
					return err
				}
				if m.json() {
					return m.writeJSON(versions)
				}
				if len(versions) == 0 {
					fmt.Fprintln(m.out, "no model is registered yet; `ashlar up` trains and registers one")
					return nil
				}
				rows := make([][]string, len(versions))
				for i, v := range versions {
					rows[i] = []string{v.Model, fmt.Sprint(v.Version), v.Status, aliases(v), v.Author,
						v.CreatedAt.Format(time.RFC3339), plan.ShortDigest(v.ModelDigest), headline(v)}
				}
				m.table([]string{"model", "version", "status", "alias", "author", "registered",
					"digest", "metrics"}, rows)
				return nil
			})
		},
	}
}

func allVersions(c *cobra.Command, r *registry.Registry, names []string) ([]registry.Version, error) {
	if len(names) == 0 {
		var err error
		if names, err = r.Models(c.Context()); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		if err := registered(c.Context(), r, name); err != nil {
			return nil, err
		}
	}
	out := []registry.Version{}
	for _, name := range names {
		vs, err := r.Versions(c.Context(), name)
		if err != nil {
			return nil, err
		}
		out = append(out, vs...)
	}
	return out, nil
}
