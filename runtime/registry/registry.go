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
// The store is a SQLite file on a laptop and PostgreSQL in a cluster, both
// behind database/sql; several processes may have either open. What is a
// database's own is in its dialect. A PostgreSQL database that restarts or
// fails over is waited for, and no change is lost or made twice by that.
package registry

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"
)

// Options are what Open needs besides the location. Now is required.
type Options struct {
	Now func() time.Time // the clock
	// Login is how to prove who connects to PostgreSQL; the zero value: by
	// what the URL and PostgreSQL's own environment variables say.
	Login Login
	// Patience is how long a PostgreSQL that cannot be reached is tried before
	// that is an error; 0: half a minute.
	Patience time.Duration
	// ReadOnly opens a SQLite file that is there, and writes nothing beside it or
	// into it: its folder may be one that this process may only read. Every
	// change is an error then.
	ReadOnly bool

	migrations fs.FS // what a program of another version has; nil: this one's
}

// Registry is safe for concurrent use, also by several processes.
type Registry struct {
	db       *sql.DB
	dialect  *dialect
	now      func() time.Time
	patience time.Duration
	readOnly bool
	name     string // the location as messages may show it
	file     string // of SQLite; empty: it is in no file

	// writing orders this process's writers, so that they do not wait for each
	// other in SQLite's busy loop, which is not fair, or hold connections.
	writing sync.Mutex
}

// Open opens the registry at the location: the path of a SQLite file, which is
// made and migrated as needed, or a PostgreSQL database such as
// postgres://user@host:5432/name, which Migrate must have migrated. Where the
// URL does not say otherwise, PostgreSQL must show a certificate for its name
// (sslmode=verify-full). Without TLS, none but this machine's is connected to
// unless the URL says ashlar_plaintext=allowed. No error repeats a password.
//
// The context bounds the opening alone. Transient failures are tried again for
// opt.Patience; so are those of every method later. The caller closes the
// registry.
func Open(ctx context.Context, location string, opt Options) (*Registry, error) {
	r, err := connect(ctx, location, opt)
	if err != nil {
		return nil, err
	}
	prepare := r.dialect.prepare
	if r.readOnly {
		prepare = func(ctx context.Context, db *sql.DB, _ string) error { return r.dialect.known(ctx, db) }
	}
	err = r.again(ctx, func() error { return prepare(ctx, r.db, location) })
	if err != nil {
		return nil, fmt.Errorf("registry %s: %w", r.dialect.name(location), errors.Join(err, r.db.Close()))
	}
	return r, nil
}

// connect opens the database, whatever is in it.
// It does not look at the schema, so Migrate can use it on an empty database.
func connect(ctx context.Context, location string, opt Options) (*Registry, error) {
	if opt.Now == nil {
		return nil, errors.New("registry: no clock")
	}
	d, err := dialectOf(location)
	if err != nil {
		return nil, err
	}
	d.files = opt.migrations
	db, err := d.connect(ctx, location, opt)
	if err != nil {
		return nil, fmt.Errorf("registry %s: %w", d.name(location), err)
	}
	r := &Registry{db: db, dialect: d, now: opt.Now,
		patience: cmp.Or(opt.Patience, defaultPatience), name: d.name(location)}
	if d.inFile {
		r.file, r.readOnly = location, opt.ReadOnly
	}
	return r, nil
}

// Close closes the database.
func (r *Registry) Close() error {
	if err := r.db.Close(); err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	return nil
}

// direct reads outside any transaction.
func (r *Registry) direct() handle { return handle{r.db, r.dialect} }

// timeFormat keeps times sortable as text, in UTC.
const timeFormat = "2006-01-02T15:04:05.000000000Z"

// stamp is the time as tables keep it. Nine digits always: without trailing zeros
// cut off, comparing texts compares times.
func stamp(t time.Time) string { return t.UTC().Format(timeFormat) }

// parseTime reads a stamp; what is none, such as an open end, is zero.
func parseTime(s string) time.Time {
	t, err := time.Parse(timeFormat, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
