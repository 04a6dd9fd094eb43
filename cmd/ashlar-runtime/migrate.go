package main

import (
	"context"
	"errors"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/login"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

func migrateDuty(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Migrate the database to the schema of this version",
		Long: `Migrate is run by the owner of the database before other workloads of this version
start. It is idempotent. With ASHLAR_DATABASE_USERS it also creates a database user for
each duty of workloads and people, with that prefix and least privileges.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := a.settings(needs{migrate: true})
			if err != nil {
				return err
			}
			return a.migrate(c.Context(), s)
		},
	}
}

func (a *app) migrate(ctx context.Context, s settings) error {
	opt, err := a.options(ctx, s)
	if err != nil {
		return err
	}
	done, err := registry.Migrate(ctx, s.database.Database, opt)
	if err != nil {
		return err
	}
	installation := a.getenv("ASHLAR_DATABASE_USERS")
	if installation != "" {
		users, err := databaseUsers(s.database, installation)
		if err != nil {
			return inputError{err}
		}
		if err := registry.Grant(ctx, s.database.Database, users, opt); err != nil {
			return err
		}
	}
	if done.Waits > 0 {
		a.log.Warn("a migration that contracts the schema waits, since pods that knew the one before may still run; run migrate again when none does, or leave it to the next upgrade",
			"schema", done.Waits)
	}
	a.log.Info("migrated", "from", done.From, "to", done.To, "users", installation)
	return a.print(done)
}

// databaseUsers are a user for each duty. Where the owner logs in by a password
// in its URL they have passwords that are derived from it, which whoever deploys
// derives too. The user of that name, which did every duty once, has none now.
func databaseUsers(login login.Config, installation string) ([]registry.User, error) {
	out := []registry.User{{Name: installation}}
	for _, d := range plan.Duties() {
		out = append(out, registry.User{Name: d.User(installation), Duty: d})
	}
	u, err := url.Parse(login.Database)
	if err != nil {
		return nil, errors.New("ASHLAR_DATABASE is not a URL")
	}
	password, has := u.User.Password()
	if !has {
		return out, nil
	}
	key, err := plan.DutyKey(password)
	if err != nil {
		return nil, err
	}
	for i := range out[1:] {
		out[i+1].Password = plan.DutyPassword(key, out[i+1].Name)
	}
	return out, nil
}
