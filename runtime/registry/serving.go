package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// SetAlias points the alias at the version, in the place of what it pointed
// at. An alias that points there already is left as it is.
func (r *Registry) SetAlias(ctx context.Context, model, alias string, n int, by string) error {
	return r.tx(ctx, func(tx *sql.Tx) error {
		if _, err := readVersion(ctx, tx, model, n); err != nil {
			return err
		}
		was, err := aliased(ctx, tx, model, alias)
		if err != nil || was == n {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO aliases (model, alias, version) VALUES (?, ?, ?)
			ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version`, model, alias, n)
		if err != nil {
			return fmt.Errorf("registry: %w", err)
		}
		return r.append(ctx, tx, event{Actor: by, Action: "alias", Model: model, Version: n, Details: map[string]any{"alias": alias, "was": was}})
	})
}

// Alias returns the version that the alias points at, or a *NotFoundError.
func (r *Registry) Alias(ctx context.Context, model, alias string) (Version, error) {
	n, err := aliased(ctx, r.db, model, alias)
	if err != nil {
		return Version{}, err
	}
	if n == 0 {
		return Version{}, notRegistered(ctx, r.db, model+"@"+alias, 0)
	}
	return readVersion(ctx, r.db, model, n)
}

func aliased(ctx context.Context, q querier, model, alias string) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT version FROM aliases WHERE model = ? AND alias = ?`, model, alias).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("registry: %w", err)
	}
	return n, nil
}

// RecordServing notes that the endpoint serves the version from now on. It is
// refused unless the version is approved and its file is the one registered.
// An endpoint that serves it already is left as it is.
func (r *Registry) RecordServing(ctx context.Context, endpoint, model string, n int, digest string) error {
	return r.tx(ctx, func(tx *sql.Tx) error {
		v, err := readVersion(ctx, tx, model, n)
		if err != nil {
			return err
		}
		if v.Status != Approved {
			return &DecisionError{Model: model, Version: n, Reason: "it is " + v.Status + ", and only approved versions are served"}
		}
		if v.ModelDigest != digest {
			return &DecisionError{Model: model, Version: n, Reason: fmt.Sprintf("the file to be served is %s, but %s was registered", digest, v.ModelDigest)}
		}
		now, err := current(ctx, tx, endpoint)
		if err != nil || now.Model == model && now.Version == n && now.Digest == digest {
			return err
		}
		at := r.now().UTC()
		if err := endServing(ctx, tx, endpoint, at); err != nil {
			return err
		}
		seq, err := r.appendAt(ctx, tx, at, event{Actor: "endpoint:" + endpoint, Action: "serve", Model: model, Version: n, Details: map[string]any{
			"endpoint": endpoint, "digest": digest,
		}})
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO servings (seq, endpoint, model, version, digest, since) VALUES (?, ?, ?, ?, ?, ?)`,
			seq, endpoint, model, n, digest, stamp(at))
		return err
	})
}

// StopServing notes that the endpoint serves nothing any more.
func (r *Registry) StopServing(ctx context.Context, endpoint string) error {
	return r.tx(ctx, func(tx *sql.Tx) error {
		now, err := current(ctx, tx, endpoint)
		if err != nil || now.Version == 0 {
			return err
		}
		at := r.now().UTC()
		if err := endServing(ctx, tx, endpoint, at); err != nil {
			return err
		}
		_, err = r.appendAt(ctx, tx, at, event{Actor: "endpoint:" + endpoint, Action: "withdraw", Model: now.Model, Version: now.Version, Details: map[string]any{"endpoint": endpoint}})
		return err
	})
}

func endServing(ctx context.Context, tx *sql.Tx, endpoint string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE servings SET until = ? WHERE endpoint = ? AND until = ''`, stamp(at), endpoint)
	if err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	return nil
}

// current returns what the endpoint serves; Version 0 is nothing.
func current(ctx context.Context, q querier, endpoint string) (Serving, error) {
	s := Serving{Endpoint: endpoint}
	err := q.QueryRowContext(ctx, `SELECT model, version, digest FROM servings WHERE endpoint = ? AND until = ''`, endpoint).Scan(&s.Model, &s.Version, &s.Digest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return s, fmt.Errorf("registry: %w", err)
	}
	return s, nil
}

// ServedAt returns what was served at the time: by the endpoint, or by each
// where its name is empty, in order of name.
func (r *Registry) ServedAt(ctx context.Context, endpoint string, at time.Time) (out []Serving, err error) {
	rows, err := r.db.QueryContext(ctx, `SELECT endpoint, model, version, digest, since, until FROM servings
		WHERE (? = '' OR endpoint = ?) AND since <= ? AND (until = '' OR until > ?) ORDER BY endpoint, seq`, endpoint, endpoint, stamp(at), stamp(at))
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
