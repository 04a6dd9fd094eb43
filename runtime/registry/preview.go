package registry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Preview is what a database has of the preview of a pull request.
type Preview struct {
	Number int
	Schema string   // empty: there is none
	Users  []string // named after the schema, sorted
}

// Previews returns what a database has of the previews of a Name, as the stack that
// deploys them has it: their schemas are called NAME__pr_12, with underscores for dashes,
// and have the tables of a registry. The first two underscores are where the environment
// begins, so that none of another Name's is among them.
func Previews(ctx context.Context, location, name string, opt Options) (out []Preview, err error) {
	if !previewName.MatchString(name) {
		return nil, fmt.Errorf("registry: %q is not a Name whose schemas can be told from others': want lower-case letters, digits and single dashes", name)
	}
	r, err := connect(ctx, location, opt)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if r.dialect.schema == nil {
		return nil, fmt.Errorf("registry %s: a file has no schemas; previews have theirs in PostgreSQL", location)
	}
	prefix := strings.ReplaceAll(name, "-", "_") + "__pr_"
	// Both are asked of the catalogue, which everybody may read.
	schemas, err := r.texts(ctx, `SELECT n.nspname FROM pg_namespace n WHERE starts_with(n.nspname, $1) AND
		(SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'r'
		 AND c.relname IN ('versions', 'audit', 'audit_head', 'goose_db_version')) = 4`, prefix)
	if err != nil {
		return nil, fmt.Errorf("registry %s: %w", r.dialect.name(location), err)
	}
	users, err := r.texts(ctx, `SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)`, prefix)
	if err != nil {
		return nil, fmt.Errorf("registry %s: %w", r.dialect.name(location), err)
	}
	return previewsOf(prefix, schemas, users), nil
}

// previewName is the form of a Name without two dashes in a row.
var previewName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// previewsOf puts schemas and users together, by the number of the pull request. What
// only looks like one of a preview is left out.
func previewsOf(prefix string, schemas, users []string) []Preview {
	found := map[int]*Preview{}
	of := func(schema string) *Preview {
		digits, ok := strings.CutPrefix(schema, prefix)
		number, isPreview := plan.PreviewNumber(plan.PreviewPrefix + digits)
		if !ok || !isPreview {
			return nil
		}
		if found[number] == nil {
			found[number] = &Preview{Number: number}
		}
		return found[number]
	}
	for _, schema := range schemas {
		if p := of(schema); p != nil {
			p.Schema = schema
		}
	}
	for _, user := range users {
		for _, d := range plan.Duties() {
			if schema, ok := strings.CutSuffix(user, "_"+string(d)); ok {
				if p := of(schema); p != nil {
					p.Users = append(p.Users, user)
				}
			}
		}
	}
	var out []Preview
	for _, number := range slices.Sorted(maps.Keys(found)) {
		slices.Sort(found[number].Users)
		out = append(out, *found[number])
	}
	return out
}

// RemovePreview drops the schema of a preview with all that is in it, and the users that
// are named after it, as Previews returns them. It is all or nothing. Call it as their
// owner.
func RemovePreview(ctx context.Context, location string, p Preview, opt Options) (err error) {
	r, err := connect(ctx, location, opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	err = r.transact(ctx, nil, func(h handle) error {
		if p.Schema != "" {
			drop := `DROP SCHEMA ` + pgx.Identifier{p.Schema}.Sanitize() + ` CASCADE`
			if _, err := h.querier.ExecContext(ctx, drop); err != nil {
				return fmt.Errorf("schema %s: %w", p.Schema, err)
			}
		}
		for _, user := range p.Users {
			quoted := pgx.Identifier{user}.Sanitize()
			// Rights that it was given elsewhere, such as to connect, would keep the user.
			for _, statement := range []string{`DROP OWNED BY ` + quoted, `DROP ROLE ` + quoted} {
				if _, err := h.querier.ExecContext(ctx, statement); err != nil {
					return fmt.Errorf("user %s: %w", user, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("registry %s: %w", r.dialect.name(location), err)
	}
	return nil
}

// texts are the answers to a query for one column.
func (r *Registry) texts(ctx context.Context, query string, args ...any) (out []string, err error) {
	err = r.again(ctx, func() (err error) {
		out = nil
		rows, err := r.db.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var one string
			if err := rows.Scan(&one); err != nil {
				return err
			}
			out = append(out, one)
		}
		return rows.Err()
	})
	return out, err
}
