package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/stacks/local"
)

// modelVerbs is the list that a new `ashlar model` verb is added to.
var modelVerbs = []func(*modelApp) *cobra.Command{
	modelListVerb, modelShowVerb, modelApproveVerb, modelRejectVerb, modelAuditVerb, modelServedAtVerb,
}

// modelApp is what the verbs under `ashlar model` share: the state they read.
type modelApp struct {
	*app
	state string
	dir   string
}

func modelVerb(a *app) *cobra.Command {
	m := &modelApp{app: a}
	c := &cobra.Command{
		Use:   "model",
		Short: "List, show, approve, reject and audit registered models",
		Example: `  ashlar model list
  ashlar model show default-risk 2
  ashlar model approve default-risk 2 --by risk-officers --comment "reviewed"
  ashlar model audit --verify`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVarP(&m.dir, "dir", "C", ".", "the blueprint's folder")
	c.PersistentFlags().StringVar(&m.state, "state", "", "the folder of the local stack's state (default: .ashlar in the blueprint's folder)")
	for _, verb := range modelVerbs {
		c.AddCommand(verb(m))
	}
	return c
}

// with opens the registry of an existing local stack for f.
func (m *modelApp) with(ctx context.Context, f func(*local.State) error) error {
	state, err := local.OpenState(ctx, local.StateFolder(m.dir, m.state), m.now)
	if err != nil {
		return err
	}
	return errors.Join(f(state), state.Close())
}

// version takes "NAME VERSION" arguments.
func version(c *cobra.Command, args []string) (string, int, error) {
	if len(args) != 2 {
		return "", 0, usageError(fmt.Sprintf("%s takes a model's name and a version, such as: %s default-risk 1", c.CommandPath(), c.CommandPath()))
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 1 {
		return "", 0, usageError(fmt.Sprintf("version %q: use a whole number from 1; `ashlar model list` has them", args[1]))
	}
	return args[0], n, nil
}
