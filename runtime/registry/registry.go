// Package registry keeps which models exist, what they were made from, who
// approved them and where they are served, in MLflow's words: registered
// model, version, alias.
//
// Every change is one transaction that also appends to the audit log, whose
// entries are chained by hash; VerifyAudit recomputes the chain and compares it
// with the tables, so an edit made behind the registry's back is found. A
// version is refused unless its gates hold and its metadata is complete, and
// nothing but an approved version can be recorded as served.
//
// The store is SQLite behind database/sql; several processes may have it open.
package registry

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options are what Open needs besides the file.
type Options struct {
	Now func() time.Time // the clock; required
}

// Registry is safe for concurrent use.
type Registry struct {
	db  *sql.DB
	now func() time.Time
}

// Open opens the SQLite file, making and migrating it as needed.
//
// synchronous=FULL: an approval that was confirmed must survive a power cut;
// the registry writes far too seldom for that to cost anything.
func Open(ctx context.Context, file string, opt Options) (*Registry, error) {
	if opt.Now == nil {
		return nil, errors.New("registry: no clock")
	}
	pragmas := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: pragmas.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("registry %s: %w", file, err)
	}
	db.SetMaxOpenConns(4)
	if err := migrate(ctx, db); err != nil {
		return nil, fmt.Errorf("registry %s: %w", file, errors.Join(err, db.Close()))
	}
	return &Registry{db: db, now: opt.Now}, nil
}

// migrate brings the schema up to date. Two processes that start at once may
// both try; the one that comes second finds the work done.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	for attempt := 0; ; attempt++ {
		p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
		if err != nil {
			return err
		}
		if _, err = p.Up(ctx); err == nil || attempt == 5 || ctx.Err() != nil {
			return err
		}
		time.Sleep(time.Duration(attempt+1) * 50 * time.Millisecond)
	}
}

// Close closes the database.
func (r *Registry) Close() error { return r.db.Close() }

// tx runs f in a transaction that holds the write lock from its start.
func (r *Registry) tx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	if err := f(tx); err != nil {
		if rerr := tx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
			err = errors.Join(err, rerr)
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	return nil
}

// querier is what reading needs: the database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// timeFormat keeps times sortable as text, in UTC.
const timeFormat = "2006-01-02T15:04:05.000000000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeFormat) }

func parseTime(s string) time.Time {
	t, err := time.Parse(timeFormat, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
