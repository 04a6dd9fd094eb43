package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

func runsCancelVerb(r *runsApp) *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:     "cancel RUN",
		Short:   "Ask a run that is under way to end",
		Long:    "Cancel asks the process that runs it, whichever it is, to end the run. It does so within a few\nseconds: its commands are ended, and what was finished is kept.",
		Example: "  ashlar runs cancel last",
		RunE: func(c *cobra.Command, args []string) error {
			one, err := r.one(c, args)
			if err != nil {
				return err
			}
			if one.Status != pipeline.Running {
				return usageError(fmt.Sprintf("run %s of %s is not under way: it is %s", one.ID, one.Model, one.Status))
			}
			state, err := local.OpenState(c.Context(), local.StateFolder(r.dir, r.state), r.now)
			if err != nil {
				return err
			}
			if err := errors.Join(pipeline.Cancel(c.Context(), state.Store, one.Model, one.ID, r.actor(by)), state.Close()); err != nil {
				return err
			}
			if r.json() {
				return r.writeJSON(map[string]string{"run": one.ID, "model": one.Model, "asked": "cancel"})
			}
			fmt.Fprintf(r.out, "run %s of %s is asked to end\n", one.ID, one.Model)
			return nil
		},
	}
	c.Flags().StringVar(&by, "by", "", "who asks (default: $ASHLAR_USER, else the login name)")
	return c
}
