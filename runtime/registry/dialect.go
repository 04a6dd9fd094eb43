package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// dialect is what differs between databases. Everything else is SQL that
// SQLite and PostgreSQL both understand, with ? for a parameter and text for
// times and JSON.
type dialect struct {
	goose      goose.Dialect
	migrations string        // the folder below migrations
	files      fs.FS         // the migrations; nil: those of that folder
	inFile     bool          // the location is a file's path
	numbered   bool          // parameters are $1, $2, ... rather than ?
	lock       string        // takes the write lock in a transaction; empty where beginning one does
	reading    sql.TxOptions // of a transaction that sees one state
	// transient reports whether the same may work in a moment.
	transient func(error) bool
	// name is the location as messages may show it, without a password.
	name func(location string) string
	// connect opens the database at the location, whatever is in it.
	connect func(ctx context.Context, location string, opt Options) (*sql.DB, error)
	// alone runs f while no other process migrates the database; nil: goose
	// sees to that.
	alone func(ctx context.Context, location string, f func() error) error
	// prepare makes sure that the schema is the one that this program knows.
	prepare func(ctx context.Context, db *sql.DB, location string) error
	// schema is the folder of tables within the database; nil: there are none.
	schema func(ctx context.Context, db *sql.DB) (string, error)
}

// dialectOf chooses by what a location looks like: a path is a SQLite file.
func dialectOf(location string) (*dialect, error) {
	scheme, _, isURL := strings.Cut(location, "://")
	switch {
	case location == "":
		return nil, errors.New("registry: no location; name a file, or a database such as postgres://user@host:5432/name")
	case scheme == "postgres" || scheme == "postgresql":
		return postgres(), nil
	case isURL:
		return nil, fmt.Errorf("registry %s://...: name a file for SQLite, or a PostgreSQL database as postgres://user@host:5432/name", scheme)
	default:
		return sqlite(), nil
	}
}

// bind writes the query's parameters as the database wants them. Queries hold
// no question mark but for parameters.
// A query is therefore a constant with its values passed apart; nothing that comes
// from outside is ever part of its text.
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
