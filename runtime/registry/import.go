package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// NotEmptyError says that a registry which was to be filled has content already.
type NotEmptyError struct {
	Registry string           // its name, without a password
	Rows     map[string]int64 // by table
	Log      Anchor           // where its audit log ends
}

// Error says what is there.
func (e *NotEmptyError) Error() string {
	var have []string
	for _, t := range content {
		if n := e.Rows[t.name]; n > 0 {
			have = append(have, fmt.Sprintf("%s %d", t.name, n))
		}
	}
	return fmt.Sprintf("registry %s is not empty; it has rows in: %s", e.Registry, strings.Join(have, ", "))
}

// Empty returns a *NotEmptyError unless the registry has no content.
func (r *Registry) Empty(ctx context.Context) error {
	return r.view(ctx, func(h handle) error { return untouched(ctx, r.name, h) })
}

// untouched returns a *NotEmptyError of the registry by this name unless it has no content.
func untouched(ctx context.Context, registry string, h handle) error {
	found := &NotEmptyError{Registry: registry, Rows: map[string]int64{}}
	some := false
	schema, err := schemaVersion(ctx, h)
	if err != nil {
		return err
	}
	for _, t := range contentOf(schema) {
		var n int64
		if err := h.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+t.name).Scan(&n); err != nil {
			return fmt.Errorf("registry: table %s: %w", t.name, err)
		}
		found.Rows[t.name], some = n, some || n > 0
	}
	if found.Log, err = readAnchor(ctx, h); err != nil {
		return err
	}
	if some || found.Log != (Anchor{}) {
		return found
	}
	return nil
}

// Continues returns nil for a registry that is empty, or whose log is whole and goes
// through the end of a log: it is the same registry, then or later, and has all that the
// log says. Any other is a *NotEmptyError.
func (r *Registry) Continues(ctx context.Context, end Anchor) error {
	return r.view(ctx, func(h handle) error {
		if err := untouched(ctx, r.name, h); err != nil {
			return continues(ctx, h, end, err)
		}
		return nil
	})
}

// continues returns the error, that a registry is not empty, unless its log goes through
// the end.
func continues(ctx context.Context, h handle, end Anchor, notEmpty error) error {
	if !errors.As(notEmpty, new(*NotEmptyError)) || end.Seq == 0 {
		return notEmpty
	}
	_, err := verifyIn(ctx, h, end)
	if errors.As(err, new(*TamperedError)) {
		return fmt.Errorf("%w, and its log does not continue the backup's: %w", notEmpty, err)
	}
	return err
}

// Import fills an empty registry with rows that Export wrote, whatever database they
// are from. rows is called for each table in the order of Tables and calls take with
// each line; it may run more than once.
//
// All happens in one transaction, in which the audit log is verified, compared with
// the tables and with s.Log before the commit. So a registry has all rows of a log
// that is whole, or none: a killed import is run again. It takes the database's
// owner, since no duty may write rows as they were. One that Continues
// returns nil for and is not empty is left as it is.
func (r *Registry) Import(ctx context.Context, s Snapshot,
	rows func(table string, take func(line []byte) error) error,
) error {
	if newest, _ := Schemas(); s.Schema > newest {
		return fmt.Errorf("the rows are of version %d of the schema and this Ashlar knows %d: %s", s.Schema, newest,
			upgrade)
	}
	if r.readOnly {
		return fmt.Errorf("registry %s: it is open for reading only, because its folder is not writable", r.file)
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	return r.again(ctx, func() error {
		return r.transact(ctx, nil, func(h handle) error {
			if err := h.lock(ctx); err != nil {
				return err
			}
			err := untouched(ctx, r.name, h)
			if err == nil {
				return fill(ctx, h, s, rows)
			}
			return continues(ctx, h, s.Log, err)
		})
	})
}

// fill inserts the rows and verifies what they make.
func fill(ctx context.Context, h handle, s Snapshot,
	rows func(table string, take func(line []byte) error) error,
) error {
	// A table that came after the rows were written has none of them.
	for _, t := range contentOf(s.Schema) {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ")
		insert := `INSERT INTO ` + t.name + ` (` + t.names() + `) VALUES (` + marks + `)`
		n := 0
		err := rows(t.name, func(line []byte) error {
			n++
			values, err := t.decode(line)
			if err == nil {
				_, err = h.ExecContext(ctx, insert, values...)
			}
			if err != nil {
				return fmt.Errorf("row %d: %w", n, err)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("registry: table %s: %w", t.name, err)
		}
	}
	if _, err := h.ExecContext(ctx, `UPDATE audit_head SET seq = ?, hash = ? WHERE id = 1`,
		s.Log.Seq, s.Log.Hash); err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	if _, err := verifyIn(ctx, h); err != nil {
		return fmt.Errorf("the rows do not make a registry whose audit log verifies: %w", err)
	}
	return nil
}
