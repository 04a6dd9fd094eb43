package main

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

func migrateDuty(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Migrate the database to the schema of this version",
		Long: `Migrate is run by the owner of the database before other workloads of this version
start. It is idempotent. With ASHLAR_DATABASE_SCHEMAS it also creates these schemas, each
with a database user for each duty of workloads and people, with least privileges, and
marks them as those of ASHLAR_DATABASE_MANAGER. It refuses those of another stack.`,
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

// migrated is a line of what the migration prints.
type migrated struct {
	Schema string `json:"schema,omitempty"` // "": the one that the URL leads to
	registry.Migration
}

func (a *app) migrate(ctx context.Context, s settings) error {
	opt, err := a.options(ctx, s)
	if err != nil {
		return err
	}
	schemas := a.getenv("ASHLAR_DATABASE_SCHEMAS")
	if schemas == "" {
		return a.migrateOne(ctx, s.database.Database, "", opt)
	}
	database, err := url.Parse(s.database.Database)
	if err != nil {
		return inputError{errors.New("ASHLAR_DATABASE is not a URL")}
	}
	for schema := range strings.SplitSeq(schemas, ",") {
		if err := a.migrateSchema(ctx, database, schema, opt); err != nil {
			return err
		}
	}
	return nil
}

// migrateSchema makes, migrates and staffs one schema of the database.
func (a *app) migrateSchema(ctx context.Context, database *url.URL, schema string, opt registry.Options) error {
	manager := a.getenv("ASHLAR_DATABASE_MANAGER")
	if err := registry.Claim(ctx, database.String(), schema, manager, opt); err != nil {
		return err
	}
	location := plan.InSchema(database, schema).String()
	if err := a.migrateOne(ctx, location, schema, opt); err != nil {
		return err
	}
	users, err := databaseUsers(database, schema, manager)
	if err != nil {
		return inputError{err}
	}
	return registry.Grant(ctx, location, users, opt)
}

func (a *app) migrateOne(ctx context.Context, location, schema string, opt registry.Options) error {
	done, err := registry.Migrate(ctx, location, opt)
	if err != nil {
		return err
	}
	if done.Waits > 0 {
		a.log.Warn("a migration that contracts the schema waits, since pods that knew the one before may still run; run migrate again when none does, or leave it to the next upgrade",
			"version", done.Waits, "schema", schema)
	}
	a.log.Info("migrated", "from", done.From, "to", done.To, "schema", schema)
	return a.print(migrated{Schema: schema, Migration: done})
}

// databaseUsers are a user for each duty. Where the owner logs in by a password
// in its URL they have passwords that are derived from it, which whoever deploys
// derives too.
func databaseUsers(database *url.URL, schema, manager string) ([]registry.User, error) {
	prefix := plan.DatabaseUsers(database.User.Username(), schema)
	if prefix == "" {
		return nil, errors.New("ASHLAR_DATABASE names no user, after whom those of the schema public are named; name another schema")
	}
	var out []registry.User
	for _, d := range plan.Duties() {
		out = append(out, registry.User{Name: d.User(prefix), Duty: d, Manager: manager})
	}
	password, has := database.User.Password()
	if !has {
		return out, nil
	}
	key, err := plan.DutyKey(password)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Password = plan.DutyPassword(key, out[i].Name)
	}
	return out, nil
}
