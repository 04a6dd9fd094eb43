package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// RecordServing notes that the endpoint serves the version from now on. It is
// refused unless the version is approved and its file is the one registered.
// An endpoint that serves it already is left as it is.
// The checks run under the write lock: a rejection is either before them, and
// seen, or after, and then withdraws what is served. The digest is that of the
// file that the endpoint has loaded, not of the one it was told to load.
func (r *Registry) RecordServing(ctx context.Context, endpoint, model string, n int, digest string) error {
	if endpoint == "" {
		return errors.New("registry: no endpoint is named as serving")
	}
	return r.change(ctx, func(c *change) error {
		v, err := readVersion(ctx, c.handle, model, n)
		if err != nil {
			return err
		}
		if v.Status != Approved {
			return v.object(ErrNotApproved, "it is %s, and only approved versions are served", v.Status)
		}
		if v.ModelDigest != digest {
			return v.object(ErrOtherFile, "the file to be served is %s, but %s was registered", digest, v.ModelDigest)
		}
		now, err := current(ctx, c.handle, endpoint)
		if err != nil || now.Model == model && now.Version == n && now.Digest == digest {
			return err
		}
		if err := c.endServing(ctx, endpoint); err != nil {
			return err
		}
		seq, err := c.append(ctx, event{Actor: "endpoint:" + endpoint, Action: ActionServe, Model: model,
			Version: n, Details: map[string]any{
				"endpoint": endpoint, "digest": digest,
			}})
		if err != nil {
			return err
		}
		_, err = c.ExecContext(ctx, `INSERT INTO servings (seq, endpoint, model, version, digest, since) VALUES (?, ?, ?, ?, ?, ?)`,
			seq, endpoint, model, n, digest, stamp(c.at))
		if err != nil {
			return fmt.Errorf("registry: %w", err)
		}
		return nil
	})
}

// StopServing notes that the endpoint no longer serves a model, and why.
// An endpoint that serves nothing is left as it is, without an entry.
func (r *Registry) StopServing(ctx context.Context, endpoint string, reasons ...string) error {
	return r.change(ctx, func(c *change) error {
		now, err := current(ctx, c.handle, endpoint)
		if err != nil || now.Version == 0 {
			return err
		}
		if err := c.endServing(ctx, endpoint); err != nil {
			return err
		}
		details := map[string]any{"endpoint": endpoint}
		if len(reasons) > 0 {
			details["reasons"] = reasons
		}
		_, err = c.append(ctx, event{Actor: "endpoint:" + endpoint, Action: ActionWithdraw, Model: now.Model,
			Version: now.Version, Details: details})
		return err
	})
}

// endServing ends what the endpoint serves, at the change's time: the next
// serving begins at the same instant, so that ServedAt finds exactly one.
func (c *change) endServing(ctx context.Context, endpoint string) error {
	_, err := c.ExecContext(ctx, `UPDATE servings SET until = ? WHERE endpoint = ? AND until = ''`, stamp(c.at),
		endpoint)
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	return nil
}

// current returns what the endpoint serves; Version 0 is nothing.
func current(ctx context.Context, h handle, endpoint string) (Serving, error) {
	s := Serving{Endpoint: endpoint}
	err := h.QueryRowContext(ctx, `SELECT model, version, digest FROM servings WHERE endpoint = ? AND until = ''`,
		endpoint).Scan(&s.Model, &s.Version, &s.Digest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return s, fmt.Errorf("registry: %w", err)
	}
	return s, nil
}

const selectServings = `SELECT endpoint, model, version, digest, since, until FROM servings `

// ServedAt returns what was served at the time: by the endpoint, or by each
// where its name is empty, in order of name.
// An interval includes its beginning and not its end.
func (r *Registry) ServedAt(ctx context.Context, endpoint string, at time.Time) ([]Serving, error) {
	return r.servings(ctx, selectServings+
		`WHERE (? = '' OR endpoint = ?) AND since <= ? AND (until = '' OR until > ?) ORDER BY endpoint, seq`,
		endpoint, endpoint, stamp(at), stamp(at))
}

// Endpoints returns the endpoints that have served something at any time, in
// order of name.
// Those whose last serving has ended are among them: reports about the past need
// them.
func (r *Registry) Endpoints(ctx context.Context) (out []string, err error) {
	err = r.read(ctx, func(h handle) error {
		out, err = texts(ctx, h, `SELECT DISTINCT endpoint FROM servings ORDER BY endpoint`)
		return err
	})
	return out, err
}

// Served returns which endpoints served a version of the model at the time, in
// order of the endpoint's name.
func (r *Registry) Served(ctx context.Context, model string, at time.Time) ([]Serving, error) {
	return r.servings(ctx, selectServings+
		`WHERE model = ? AND since <= ? AND (until = '' OR until > ?) ORDER BY endpoint, seq`,
		model, stamp(at), stamp(at))
}

// servings runs a query of selectServings; a single statement needs no
// transaction to be consistent.
func (r *Registry) servings(ctx context.Context, query string, args ...any) ([]Serving, error) {
	var out []Serving
	err := r.read(ctx, func(h handle) (err error) {
		out, err = readServings(ctx, h, query, args)
		return err
	})
	return out, err
}

// readServings reads the rows; the zero Until is a serving that has not ended.
func readServings(ctx context.Context, h handle, query string, args []any) (out []Serving, err error) {
	rows, err := h.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = []Serving{}
	for rows.Next() {
		var s Serving
		var since, until string
		if err := rows.Scan(&s.Endpoint, &s.Model, &s.Version, &s.Digest, &since, &until); err != nil {
			return nil, fmt.Errorf("registry: %w", err)
		}
		s.Since, s.Until = parseTime(since), parseTime(until)
		out = append(out, s)
	}
	return out, rows.Err()
}
