package registry

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// change is a transaction that writes: the head of the log and the time that
// everything in it happens at.
type change struct {
	handle
	at time.Time
	// The newest entry so far, also of those that this change appended.
	seq  int64
	hash string
}

// change runs f in a transaction that holds the write lock from its start; f
// may run more than once.
//
// A connection that breaks while the commit is under way leaves open whether
// it was done. The next attempt then looks, holding the lock, whether the log
// has the entries that the one before had appended, and if so leaves it at
// that: nobody's decision is taken twice or reported as refused when it was
// taken.
//
// f must read through the change it is given and set everything it returns on
// each run: what an attempt that was rolled back left in variables stays there.
// An error of f rolls back and is returned, unless the database calls it
// transient. A change that appends nothing to the log leaves no trace to look
// for, and is simply run again.
func (r *Registry) change(ctx context.Context, f func(*change) error) error {
	if r.readOnly {
		return fmt.Errorf("registry %s: it is open for reading only, because its folder is not writable", r.file)
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	var doubt Anchor // where the log ends if the attempt before was kept after all
	return r.again(ctx, func() error {
		var end Anchor
		err := r.transact(ctx, nil, func(h handle) error {
			// Before anything is read: what is read without the lock may be
			// out of date when the change is written.
			if err := h.lock(ctx); err != nil {
				return err
			}
			if kept, err := holds(ctx, h, doubt); kept || err != nil {
				return err
			}
			doubt = Anchor{}
			c, err := r.begin(ctx, h)
			if err != nil {
				return err
			}
			was := c.seq
			if err := f(c); err != nil {
				return err
			}
			if c.seq > was {
				end = Anchor{Seq: c.seq, Hash: c.hash}
			}
			return nil
		})
		// Only a commit without a confirmation leaves doubt; after any other
		// error the transaction is certainly rolled back.
		if errors.As(err, new(*unconfirmedError)) && end.Seq > 0 {
			doubt = end
		}
		return err
	})
}

// lock takes the write lock for the rest of the transaction. It waits as long as
// the session's lock_timeout; then the error is transient and tried again.
func (h handle) lock(ctx context.Context) error {
	if h.dialect.lock == "" {
		return nil
	}
	if _, err := h.ExecContext(ctx, h.dialect.lock); err != nil {
		return fmt.Errorf("registry: wait for other writers: %w", err)
	}
	return nil
}

// holds reports whether the log has that entry; the zero anchor is none.
// An entry with that number and another hash is somebody else's: then the
// attempt in doubt was lost, and its place in the log is taken.
func holds(ctx context.Context, h handle, a Anchor) (bool, error) {
	if a.Seq == 0 {
		return false, nil
	}
	var hash string
	err := h.QueryRowContext(ctx, `SELECT hash FROM audit WHERE seq = ?`, a.Seq).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("audit log: %w", err)
	}
	return hash == a.Hash, nil
}

// begin reads the head of the log. The change's time is the clock's, but never
// before the newest entry's: a clock that was set back must not make one thing
// end before it began.
func (r *Registry) begin(ctx context.Context, h handle) (*change, error) {
	c := &change{handle: h, at: r.now().UTC()}
	if err := h.QueryRowContext(ctx, `SELECT seq, hash FROM audit_head WHERE id = 1`).Scan(&c.seq,
		&c.hash); err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	last, err := lastTime(ctx, h, c.seq)
	if err != nil {
		return nil, err
	}
	if last.After(c.at) {
		c.at = last
	}
	return c, nil
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
