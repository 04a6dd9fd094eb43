package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

// modelVerbs is the list that a new `ashlar model` verb is added to.
var modelVerbs = []func(*modelApp) *cobra.Command{
	modelListVerb, modelShowVerb, modelApproveVerb, modelRejectVerb, modelPromoteVerb, modelRollbackVerb,
	modelAuditVerb, modelServedAtVerb,
}

// modelApp is what the verbs under `ashlar model` share: the registry they read.
type modelApp struct {
	*app
	state    string
	dir      string
	registry string
}

func modelVerb(a *app) *cobra.Command {
	m := &modelApp{app: a}
	c := &cobra.Command{
		Use:   "model",
		Short: "List, show, approve, promote, roll back and audit registered models",
		Long: `Model works with the registry of the local stack, or with that of a cluster if --registry
or ASHLAR_DATABASE is set. A cluster's registry is a PostgreSQL database, and
ASHLAR_DATABASE_AUTH selects how to log in: password (in the URL or PGPASSWORD),
secret (ASHLAR_DATABASE_SECRET is its ARN in AWS Secrets Manager) or iam.`,
		Example: `  ashlar model list
  ashlar model show default-risk 2
  ashlar model approve default-risk 2 --by risk-officers --comment "reviewed"
  ashlar model audit --verify
  ASHLAR_DATABASE_AUTH=iam ashlar model list --registry 'postgres://ada@host:5432/ashlar?search_path=acme_credit__prod'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	m.dirFlag(c.PersistentFlags())
	c.PersistentPreRunE = m.begin
	for _, verb := range modelVerbs {
		below := verb(m)
		if below.Annotations["registry"] != "none" {
			m.registryFlags(below)
		}
		c.AddCommand(below)
	}
	return c
}

// begin decides whose registry is meant, before the verb runs.
func (m *modelApp) begin(c *cobra.Command, args []string) error {
	local := c.Flags().Changed("dir") || c.Flags().Changed("state")
	if local && m.registry != "" {
		return usageError("--registry is a cluster's registry, --dir and --state are of a local stack; use one")
	}
	if !local && m.registry == "" {
		m.registry = m.getenv("ASHLAR_DATABASE")
	}
	return m.app.begin(c, args)
}

// command is a command line about the same registry, for people to paste. The
// URL of a cluster's registry may hold a password and is left to them.
func (m *modelApp) command(words ...string) string {
	if m.registry != "" {
		return local.Command(m.dir, "", append(words, "--registry", "URL")...)
	}
	return local.Command(m.dir, m.state, words...)
}

// with opens the registry for f.
func (m *modelApp) with(ctx context.Context, f func(*registry.Registry) error) error {
	do := func(r *registry.Registry) error { return nearestModel(f(r)) }
	if m.registry != "" {
		return m.withRemote(ctx, do)
	}
	state, err := local.OpenState(ctx, local.StateFolder(m.dir, m.state), m.now)
	if err != nil {
		return err
	}
	return errors.Join(do(state.Registry), state.Close())
}

// nearestModel adds the nearest name to the error about a model that is not
// registered.
func nearestModel(err error) error {
	var missing *registry.NotFoundError
	if !errors.As(err, &missing) || missing.Version != 0 {
		return err
	}
	if hint := nearest.Hint(missing.Model, missing.Have); hint != "" {
		return fmt.Errorf("%w; %s", err, hint)
	}
	return err
}

// registered refuses a model that the registry does not have.
func registered(ctx context.Context, r *registry.Registry, name string) error {
	have, err := r.Models(ctx)
	if err == nil && !slices.Contains(have, name) {
		err = &registry.NotFoundError{Model: name, Have: have}
	}
	return err
}

// patience is how long a person waits to hear that a database is not there.
const patience = 5 * time.Second

func (m *modelApp) withRemote(ctx context.Context, f func(*registry.Registry) error) error {
	r, err := m.openRegistry(ctx, m.registry)
	if err != nil {
		return err
	}
	return errors.Join(f(r), r.Close())
}

// version takes "NAME VERSION" arguments.
func version(c *cobra.Command, args []string) (string, int, error) {
	if len(args) != 2 {
		return "", 0, usageError(fmt.Sprintf("%s takes a model's name and a version, such as: %s default-risk 1",
			c.CommandPath(), c.CommandPath()))
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 1 {
		return "", 0, usageError(fmt.Sprintf("version %q: use a whole number from 1; `ashlar model list` has them",
			args[1]))
	}
	return args[0], n, nil
}
