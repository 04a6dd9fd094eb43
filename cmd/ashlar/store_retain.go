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
		Short: "Delete what is kept of a dataset for longer than its retention",
		Long: `Retain deletes what the local stack keeps of each dataset that was read longer ago than
its retention: rows that ingest kept, files of stages that read them, validation reports,
what stages printed, and windows of requests. Models, their evaluation and records of
runs stay. The audit log has a line for each deletion. "ashlar up" does the same when it
starts, and every hour while it serves.`,
		Example: `  ashlar store retain --dry-run      # what is due
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
	flags.StringVarP(&f.dir, "dir", "C", ".", "the blueprint's folder")
	flags.StringVarP(&f.environment, "env", "e", "", "the environment (default: dev, or the first declared)")
	flags.StringVar(&f.state, "state", "", "the folder of the local stack's state (default: .ashlar in the blueprint's folder)")
	flags.StringVar(&f.as, "as", "", "who deletes, for the audit log (default: $ASHLAR_USER, else the login name)")
	flags.BoolVar(&f.dryRun, "dry-run", false, "say what is due, and delete nothing")
	return c
}

func (a *app) retain(ctx context.Context, f retainFlags) (gone []retain.Deletion, err error) {
	p, err := loadPlan(f.dir, f.environment)
	if err != nil {
		return nil, err
	}
	state, err := local.OpenState(ctx, local.StateFolder(f.dir, f.state), a.now)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	return retain.Sweep(ctx, retain.Config{
		Plan: p, Store: state.Store, Registry: state.Registry, Author: a.actor(f.as), Now: a.now, Log: a.log(), DryRun: f.dryRun,
	})
}
