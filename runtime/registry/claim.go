package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// mark begins the comment of a schema and of a user that a stack manages; the stack's
// name follows.
const mark = "ashlar.dev/stack: "

// managerForm is of names that go into statements as they are: they need no quotes of
// PostgreSQL's.
var managerForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}$`)

// claims is the key of the lock that a transaction takes to claim, so that of two the
// second sees what the first has done.
const claims = 0x6173686c6172

// Claim makes a schema of a PostgreSQL database and marks it as managed by a stack,
// written PROJECT/STACK; the mark is the schema's comment. It is idempotent. Call it as
// the owner, before Migrate.
//
// A schema with the mark of another stack is an error, since two of them would approve,
// serve and delete each other's models. So is a new schema in a database whose
// registry is in the schema public with no mark: it may be the stack's own, made before
// each had a schema, and would seem to be empty.
func Claim(ctx context.Context, location, schema, manager string, opt Options) (err error) {
	if !plan.IsSchema(schema) {
		return fmt.Errorf("registry: %q is not a name for a schema: want 1 to 56 lower-case letters, digits and underscores, no digit first and not pg_", schema)
	}
	if !managerForm.MatchString(manager) {
		return fmt.Errorf("registry: %q does not name a stack: want PROJECT/STACK", manager)
	}
	r, err := connect(ctx, location, opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if r.dialect.schema == nil {
		return fmt.Errorf("registry %s: a file has no schemas; give each its own file", location)
	}
	err = r.again(ctx, func() error {
		return r.transact(ctx, nil, func(h handle) error { return h.claim(ctx, schema, manager) })
	})
	if sqlState(err) == insufficientPrivilege {
		return fmt.Errorf("registry %s: schema %s: %w; let the user make schemas with GRANT CREATE ON DATABASE, or make it the owner of this one with ALTER SCHEMA %s OWNER TO", r.dialect.name(location), schema, err, schema)
	}
	if err != nil {
		return fmt.Errorf("registry %s: %w", r.dialect.name(location), err)
	}
	return nil
}

func (h handle) claim(ctx context.Context, schema, manager string) error {
	if _, err := h.querier.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(claims)); err != nil {
		return err
	}
	there, comment, err := h.commentOf(ctx, schema)
	if err != nil {
		return err
	}
	name := pgx.Identifier{schema}.Sanitize()
	if !there {
		if err := h.nothingInPublic(ctx); err != nil {
			return err
		}
		if _, err := h.querier.ExecContext(ctx, `CREATE SCHEMA `+name); err != nil {
			return err
		}
	}
	other, marked := strings.CutPrefix(comment, mark)
	switch {
	case marked && other == manager:
		return nil
	case marked:
		return fmt.Errorf("schema %s belongs to the stack %s, and this is %s: choose another schema (`pulumi config set databaseSchema NAME`); if that stack is gone for good, take its mark off with COMMENT ON SCHEMA %s IS NULL", schema, other, manager, name)
	}
	_, err = h.querier.ExecContext(ctx, `COMMENT ON SCHEMA `+name+` IS '`+mark+manager+`'`)
	return err
}

// commentOf reports whether there is such a schema, and returns its comment.
func (h handle) commentOf(ctx context.Context, schema string) (there bool, comment string, err error) {
	var text sql.NullString
	err = h.querier.QueryRowContext(ctx, `SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = $1`, schema).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return false, "", nil
	}
	return err == nil, text.String, err
}

// nothingInPublic refuses where the schema public has a registry and nobody's mark.
func (h handle) nothingInPublic(ctx context.Context) error {
	var registry bool
	err := h.querier.QueryRowContext(ctx, `SELECT to_regclass('public.audit_head') IS NOT NULL`).Scan(&registry)
	if err != nil || !registry {
		return err
	}
	_, comment, err := h.commentOf(ctx, "public")
	if err != nil || strings.HasPrefix(comment, mark) {
		return err
	}
	return fmt.Errorf("the database has a registry in the schema public, and nothing says whose. To go on with it, run `pulumi config set databaseSchema public`, or on AWS rename the schema to the new one; if it is another stack's, mark it with COMMENT ON SCHEMA public IS '%sPROJECT/STACK'", mark)
}

// roles are the server's users other than the owner's own, with their comments.
func (h handle) roles(ctx context.Context) (out map[string]string, err error) {
	rows, err := h.querier.QueryContext(ctx, `SELECT rolname, coalesce(shobj_description(oid, 'pg_authid'), '') FROM pg_roles WHERE rolname <> current_user`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[string]string{}
	for rows.Next() {
		var name, comment string
		if err := rows.Scan(&name, &comment); err != nil {
			return nil, err
		}
		out[name] = comment
	}
	return out, rows.Err()
}
