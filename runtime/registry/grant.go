package registry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
)

// rights are what a workload does with each table. It cannot remove an entry
// of the audit log or change one, nor take the triggers away that would say so:
// those are the owner's, who is another user.
var rights = map[string]string{
	"versions": "SELECT, INSERT, UPDATE", "decisions": "SELECT, INSERT", "aliases": "SELECT, INSERT, UPDATE",
	"servings": "SELECT, INSERT, UPDATE", "audit": "SELECT, INSERT", "audit_head": "SELECT, UPDATE",
	goose.DefaultTablename: "SELECT",
}

// rdsRole is the role by which Amazon RDS lets a user log in with an IAM token.
const rdsRole = "rds_iam"

// Grant lets the user do what a workload does in a PostgreSQL registry, and no
// more. A user that is not there is made, without a password: it logs in by an
// IAM token where the database knows them, and else once somebody has given it
// a password or a certificate. Call it as the owner, after Migrate.
func Grant(ctx context.Context, location, user string, opt Options) (err error) {
	if user == "" || len(user) > 63 || strings.ContainsRune(user, 0) {
		return fmt.Errorf("registry: %q is no name of a database user: want 1 to 63 bytes", user)
	}
	r, err := connect(ctx, location, opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if r.dialect.schema == nil {
		return fmt.Errorf("registry %s: a file has no users; it has an owner and a mode", location)
	}
	err = r.again(ctx, func() error { return r.transact(ctx, nil, func(h handle) error { return h.grant(ctx, r, user) }) })
	if err != nil {
		return fmt.Errorf("registry %s: rights of user %s: %w", r.dialect.name(location), user, err)
	}
	return nil
}

func (h handle) grant(ctx context.Context, r *Registry, user string) error {
	schema, err := r.dialect.schema(ctx, r.db)
	if err != nil {
		return err
	}
	roles, err := texts(ctx, h, `SELECT rolname FROM pg_roles WHERE rolname IN (?, ?)`, user, rdsRole)
	if err != nil {
		return err
	}
	name, space := pgx.Identifier{user}.Sanitize(), pgx.Identifier{schema}.Sanitize()
	var statements []string
	if !slices.Contains(roles, user) {
		statements = append(statements, `CREATE ROLE `+name+` LOGIN`)
	}
	if slices.Contains(roles, rdsRole) {
		statements = append(statements, `GRANT `+rdsRole+` TO `+name)
	}
	statements = append(statements, `GRANT USAGE ON SCHEMA `+space+` TO `+name)
	for _, table := range slices.Sorted(maps.Keys(rights)) {
		statements = append(statements, fmt.Sprintf(`GRANT %s ON %s.%s TO %s`, rights[table], space, table, name))
	}
	for _, s := range statements {
		if _, err := h.querier.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
