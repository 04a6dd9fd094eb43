package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

func storeVerb(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "store",
		Short:   "Delete objects from the local store that are expired or not needed",
		Long:    "Store manages the objects that runs have created: models, reports, files of stages.",
		Example: "  ashlar store gc --dry-run\n  ashlar store gc --keep 30d\n  ashlar store retain --dry-run",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(storeGCVerb(a), storeRetainVerb(a))
	return c
}

// gcFlags are the flags of `ashlar store gc`.
type gcFlags struct {
	dir, state, grace, keep string
	dryRun                  bool
}

func storeGCVerb(a *app) *cobra.Command {
	var f gcFlags
	c := &cobra.Command{
		Use:   "gc",
		Short: "Delete objects that no run, stage or version needs",
		Long: `Gc drops cached results of stages that no run has used for --keep, and then deletes the
objects that are no longer referenced and older than --grace. Objects of registered
versions and of recorded runs are kept. Gc is safe during a run, provided that no stage
takes longer than --grace.`,
		Example: `  ashlar store gc --dry-run      # only show what would be deleted
  ashlar store gc --keep 30d`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			got, err := a.gc(c.Context(), f)
			if err != nil {
				return err
			}
			if a.json() {
				return a.writeJSON(got)
			}
			word := "removed"
			if f.dryRun {
				word = "would remove"
			}
			fmt.Fprintf(a.out, "%s %s (%s) of %d (%s); %d are too young to tell; %s of stages forgotten\n", word,
				counted(got.Removed, "object"), plan.Bytes(got.RemovedBytes),
				got.Objects, plan.Bytes(got.Bytes), got.Young, counted(got.Forgotten, "result"))
			return nil
		},
	}
	flags := c.Flags()
	dirFlag(flags, &f.dir)
	stateFlag(flags, &f.state)
	flags.StringVar(&f.grace, "grace", "24h", "the minimum age of objects to delete")
	flags.StringVar(&f.keep, "keep", "90d", "how long to keep cached results that no run uses")
	flags.BoolVar(&f.dryRun, "dry-run", false, "only show what would be deleted")
	return c
}

func (a *app) gc(ctx context.Context, f gcFlags) (got store.Collected, err error) {
	var d [2]time.Duration
	for i, text := range []struct{ flag, value string }{{"grace", f.grace}, {"keep", f.keep}} {
		if d[i], err = plan.ParseDuration(text.value); err != nil || d[i] <= 0 {
			return got, usageError(fmt.Sprintf("--%s %q: write it as 24h or 90d", text.flag, text.value))
		}
	}
	state, err := local.OpenState(ctx, local.StateFolder(f.dir, f.state), a.now)
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	return state.Collect(ctx, d[0], d[1], f.dryRun, a.now)
}
