package registry

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// dialect is what differs between databases. Everything else is SQL that
// SQLite and PostgreSQL both understand, with ? for a parameter and text for
// times and JSON.
type dialect struct {
	goose      goose.Dialect
	migrations string // the folder below migrations
	numbered   bool   // parameters are $1, $2, ... rather than ?
	// open connects to the migrated database at location.
	open func(ctx context.Context, location string) (*sql.DB, error)
}

// dialectOf chooses by what a location looks like: a path is a SQLite file.
func dialectOf(location string) (*dialect, error) {
	scheme, _, isURL := strings.Cut(location, "://")
	switch {
	case location == "":
		return nil, fmt.Errorf("registry: no location; name a file")
	case isURL:
		return nil, fmt.Errorf("registry %s://...: only SQLite is supported so far; name a file", scheme)
	default:
		return sqlite(), nil
	}
}

// bind writes the query's parameters as the database wants them. Queries hold
// no question mark but for parameters.
func (d *dialect) bind(query string) string {
	if !d.numbered {
		return query
	}
	var out strings.Builder
	n := 0
	for _, c := range query {
		if c != '?' {
			out.WriteRune(c)
			continue
		}
		n++
		out.WriteString("$" + strconv.Itoa(n))
	}
	return out.String()
}

// migrate brings the schema up to date. A schema that is newer than this
// program is an error: writing to it could break what it promises.
func (d *dialect) migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations/"+d.migrations)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(d.goose, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	have, known, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > known {
		return fmt.Errorf("its schema is version %d, written by a newer Ashlar than this one, which knows %d; use that one", have, known)
	}
	if have == known {
		return nil
	}
	_, err = p.Up(ctx)
	return err
}

// querier is what *sql.DB and *sql.Tx have in common.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// handle runs queries in the database's dialect, in a transaction or outside.
type handle struct {
	querier querier
	dialect *dialect
}

// ExecContext runs a statement.
func (h handle) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return h.querier.ExecContext(ctx, h.dialect.bind(query), args...)
}

// QueryContext runs a query of several rows.
func (h handle) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return h.querier.QueryContext(ctx, h.dialect.bind(query), args...)
}

// QueryRowContext runs a query of one row.
func (h handle) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return h.querier.QueryRowContext(ctx, h.dialect.bind(query), args...)
}
