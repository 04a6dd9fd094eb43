package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	runs "github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

func runsCancelVerb(r *runsApp) *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:     "cancel RUN",
		Short:   "Cancel a run that is in progress",
		Long:    "Cancel asks the process that executes the run to stop it. Within a few seconds the\nrun's commands are stopped; the results of finished stages are kept.",
		Example: "  ashlar runs cancel last",
		RunE: func(c *cobra.Command, args []string) error {
			one, err := r.one(c, args)
			if err != nil {
				return err
			}
			if one.Status != runs.Running {
				return usageError(fmt.Sprintf("run %s of %s is not under way: it is %s", one.ID, one.Unit, one.Status))
			}
			state, err := local.OpenState(c.Context(), local.StateFolder(r.dir, r.state), r.now)
			if err != nil {
				return err
			}
			if err := errors.Join(pipeline.Cancel(c.Context(), state.Store, one.Unit, one.ID, r.actor(by)),
				state.Close()); err != nil {
				return err
			}
			if r.json() {
				return r.writeJSON(map[string]string{"run": one.ID, "model": one.Unit, "asked": "cancel"})
			}
			fmt.Fprintf(r.out, "run %s of %s is asked to end\n", one.ID, one.Unit)
			return nil
		},
	}
	identityFlag(c.Flags(), &by, "by", "who cancels")
	return c
}
