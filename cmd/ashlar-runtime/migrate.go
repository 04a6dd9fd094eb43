package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

func migrateDuty(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database to the schema that this binary knows",
		Long: `Migrate is run by the owner of the database before anything else of this version
starts; it does nothing where nothing is to be done. With ASHLAR_DATABASE_USER it
also lets that user, made as needed, do what workloads do and no more.`,
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
	user := a.getenv("ASHLAR_DATABASE_USER")
	if user != "" {
		if err := registry.Grant(ctx, s.database.Database, user, opt); err != nil {
			return err
		}
	}
	a.log.Info("migrated", "from", done.From, "to", done.To, "user", user)
	return a.print(done)
}
