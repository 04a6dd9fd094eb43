package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/sethvargo/go-retry"
)

// defaultPatience is how long a database that cannot be reached, or that asks
// to be tried again, is tried: about what a restart or a failover takes.
const defaultPatience = 30 * time.Second

// again runs f, and runs it again while the database asks for that or cannot
// be reached, until the patience is at an end. What f leaves must not depend
// on how often it ran.
// Pauses grow from 20 ms to 2 s, with 25 % jitter so that the processes of a
// cluster do not all return in the same moment after an outage. A context that is
// done ends it.
func (r *Registry) again(ctx context.Context, f func() error) error {
	pause := retry.WithJitterPercent(25,
		retry.WithCappedDuration(2*time.Second, retry.NewExponential(20*time.Millisecond)))
	return retry.Do(ctx, retry.WithMaxDuration(r.patience, pause), func(ctx context.Context) error {
		err := f()
		if err != nil && ctx.Err() == nil && r.dialect.transient(err) {
			return retry.RetryableError(err)
		}
		return r.outdated(ctx, err)
	})
}

// outdated says so where the error is that something of the schema is not there, and
// the reason is that a newer program has contracted the schema while this one ran.
func (r *Registry) outdated(ctx context.Context, err error) error {
	if err == nil || !r.dialect.missing(err) {
		return err
	}
	s, unread := r.dialect.schemaOf(ctx, r.db)
	if unread != nil || !s.newer() {
		return err
	}
	if reason := s.check(r.dialect); reason != nil {
		return fmt.Errorf("registry: %w (%w)", reason, err)
	}
	return err
}

// read runs f outside any transaction; it may run more than once.
func (r *Registry) read(ctx context.Context, f func(handle) error) error {
	return r.again(ctx, func() error { return f(r.direct()) })
}

// view runs f in a transaction that only reads, and so sees one state; it may
// run more than once.
// read is enough for a single statement; view is for several whose results must
// fit together, such as a version and its decisions.
func (r *Registry) view(ctx context.Context, f func(handle) error) error {
	return r.again(ctx, func() error { return r.transact(ctx, &r.dialect.reading, f) })
}

// unconfirmedError is a commit that was asked for and not confirmed: it may
// have been done or not.
// change needs to tell it from an error before the commit; see there.
type unconfirmedError struct{ err error }

// Error says so.
func (e *unconfirmedError) Error() string {
	return fmt.Sprintf("the commit was not confirmed: %v", e.err)
}

// Unwrap returns the cause.
func (e *unconfirmedError) Unwrap() error { return e.err }

// transact runs f in a transaction, committed if f returns nil and rolled back
// otherwise. f must close its rows before it returns.
func (r *Registry) transact(ctx context.Context, opt *sql.TxOptions, f func(handle) error) error {
	tx, err := r.db.BeginTx(ctx, opt)
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	if err := f(handle{tx, r.dialect}); err != nil {
		// A connection that is gone has rolled back by itself.
		if rerr := tx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) && !r.dialect.transient(err) {
			err = errors.Join(err, rerr)
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("registry: %w", &unconfirmedError{err})
	}
	return nil
}
