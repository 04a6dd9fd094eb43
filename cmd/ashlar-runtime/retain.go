package main

import (
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/retain"
)

func retainDuty(a *app) *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use:   "retain",
		Short: "Delete data that is kept longer than its dataset's retention, once",
		Long: `Retain deletes data of datasets that were read longer ago than their retention: rows,
files of stages, validation reports, windows of requests. Models, their evaluation and
run records are kept. The audit log gets an entry for each deletion.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := a.settings(needs{})
			if err != nil {
				return err
			}
			return a.open(c.Context(), s, func(g *ground) error {
				gone, err := retain.Sweep(c.Context(), retain.Config{
					Plan: g.plan, Store: g.store, Registry: g.registry, Author: g.author, Now: a.now,
					Log: a.log, DryRun: dryRun,
				})
				if err != nil {
					return err
				}
				return a.print(append([]retain.Deletion{}, gone...))
			})
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what is due, and delete nothing")
	return c
}
