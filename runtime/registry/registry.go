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
// What is SQLite's own stands in its dialect, so that another database can be
// added beside it.
package registry

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Options are what Open needs besides the file.
type Options struct {
	Now func() time.Time // the clock; required
}

// Registry is safe for concurrent use, also by several processes.
type Registry struct {
	db      *sql.DB
	dialect *dialect
	now     func() time.Time

	// writing orders this process's writers, so that they do not wait for each
	// other in the database's busy loop, which is not fair.
	writing sync.Mutex
}

// Open opens the registry in a SQLite file, making and migrating it as needed.
func Open(ctx context.Context, file string, opt Options) (*Registry, error) {
	if opt.Now == nil {
		return nil, errors.New("registry: no clock")
	}
	d, err := dialectOf(file)
	if err != nil {
		return nil, err
	}
	db, err := d.open(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("registry %s: %w", file, err)
	}
	return &Registry{db: db, dialect: d, now: opt.Now}, nil
}

// Close closes the database.
func (r *Registry) Close() error {
	if err := r.db.Close(); err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	return nil
}

// change is a transaction that writes: where the log stands and the time that
// everything in it happens at.
type change struct {
	handle
	at   time.Time
	seq  int64
	hash string
}

// change runs f in a transaction that holds the write lock from its start.
//
// Its time is the clock's, but never before the newest entry's: a clock that
// was set back must not make one thing end before it began.
func (r *Registry) change(ctx context.Context, f func(*change) error) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	return r.transact(ctx, nil, func(h handle) error {
		c := &change{handle: h, at: r.now().UTC()}
		if err := h.QueryRowContext(ctx, `SELECT seq, hash FROM audit_head WHERE id = 1`).Scan(&c.seq, &c.hash); err != nil {
			return fmt.Errorf("audit log: %w", err)
		}
		last, err := lastTime(ctx, h, c.seq)
		if err != nil {
			return err
		}
		if last.After(c.at) {
			c.at = last
		}
		return f(c)
	})
}

// lastTime returns the time of the entry, or zero where the log is empty.
func lastTime(ctx context.Context, h handle, seq int64) (time.Time, error) {
	var body string
	err := h.QueryRowContext(ctx, `SELECT body FROM audit WHERE seq = ?`, seq).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	var e Entry
	if err == nil {
		err = json.Unmarshal([]byte(body), &e)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("audit log: entry %d: %w", seq, err)
	}
	return e.Time, nil
}

// view runs f in a transaction that only reads, and so sees one state.
func (r *Registry) view(ctx context.Context, f func(handle) error) error {
	return r.transact(ctx, &sql.TxOptions{ReadOnly: true}, f)
}

func (r *Registry) transact(ctx context.Context, opt *sql.TxOptions, f func(handle) error) error {
	tx, err := r.db.BeginTx(ctx, opt)
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	if err := f(handle{tx, r.dialect}); err != nil {
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

// direct reads outside any transaction.
func (r *Registry) direct() handle { return handle{r.db, r.dialect} }

// timeFormat keeps times sortable as text, in UTC.
const timeFormat = "2006-01-02T15:04:05.000000000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeFormat) }

// parseTime reads a stamp; what is none, such as an open end, is zero.
func parseTime(s string) time.Time {
	t, err := time.Parse(timeFormat, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
