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
func (r *Registry) again(ctx context.Context, f func() error) error {
	pause := retry.WithJitterPercent(25,
		retry.WithCappedDuration(2*time.Second, retry.NewExponential(20*time.Millisecond)))
	return retry.Do(ctx, retry.WithMaxDuration(r.patience, pause), func(ctx context.Context) error {
		err := f()
		if err != nil && ctx.Err() == nil && r.dialect.transient(err) {
			return retry.RetryableError(err)
		}
		return err
	})
}

// read runs f outside any transaction; it may run more than once.
func (r *Registry) read(ctx context.Context, f func(handle) error) error {
	return r.again(ctx, func() error { return f(r.direct()) })
}

// view runs f in a transaction that only reads, and so sees one state; it may
// run more than once.
func (r *Registry) view(ctx context.Context, f func(handle) error) error {
	return r.again(ctx, func() error { return r.transact(ctx, &r.dialect.reading, f) })
}

// unconfirmedError is a commit that was asked for and not confirmed: it may
// have been done or not.
type unconfirmedError struct{ err error }

// Error says so.
func (e *unconfirmedError) Error() string {
	return fmt.Sprintf("the commit was not confirmed: %v", e.err)
}

// Unwrap returns the cause.
func (e *unconfirmedError) Unwrap() error { return e.err }

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
