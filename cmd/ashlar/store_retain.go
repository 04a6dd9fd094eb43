package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/retain"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

// retainFlags are the flags of `ashlar store retain`.
type retainFlags struct {
	dir, environment, state, as string
	dryRun                      bool
}

func storeRetainVerb(a *app) *cobra.Command {
	var f retainFlags
	c := &cobra.Command{
		Use:   "retain",
		Short: "Delete data that is kept longer than its dataset's retention",
		Long: `Retain deletes data of datasets that were read longer ago than their retention: ingested
rows, files of stages that read them, validation reports, logs of stages, and windows of
requests. Models, their evaluation and run records are kept. The audit log gets an entry
for each deletion. "ashlar up" does the same when it starts and then every hour.`,
		Example: `  ashlar store retain --dry-run      # only show what has expired
  ashlar store retain`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			gone, err := a.retain(c.Context(), f)
			if err != nil {
				return err
			}
			if a.json() {
				return a.writeJSON(append([]retain.Deletion{}, gone...))
			}
			for _, d := range gone {
				fmt.Fprintf(a.out, "%s %s of %s (dataset %s)\n", d.What, d.Name, d.Of, d.Dataset)
			}
			fmt.Fprintln(a.out, retain.Summary(gone, f.dryRun))
			return nil
		},
	}
	flags := c.Flags()
	dirFlag(flags, &f.dir)
	envFlag(flags, &f.environment)
	stateFlag(flags, &f.state)
	identityFlag(flags, &f.as, "as", "who deletes, for the audit log")
	flags.BoolVar(&f.dryRun, "dry-run", false, "only show what has expired")
	return c
}

func (a *app) retain(ctx context.Context, f retainFlags) (gone []retain.Deletion, err error) {
	p, err := loadPlan(f.dir, f.environment)
	if err != nil {
		return nil, err
	}
	state, err := local.OpenState(ctx, local.StateOf(f.dir, f.state, p.Environment), a.now)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	return retain.Sweep(ctx, retain.Config{
		Plan: p, Store: state.Store, Registry: state.Registry, Author: a.actor(f.as), Now: a.now,
		Log: a.log(), DryRun: f.dryRun,
	})
}
