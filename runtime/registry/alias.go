package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// SetAlias points the alias, such as "champion", at the version, in the place
// of what it pointed at. One that points there already is left as it is.
//
// Nothing is logged for an alias that does not move, so that a reconciler may
// call it on each round. Any version can have an alias, a pending one too:
// aliases name, approvals decide. Errors: *NotFoundError for the version.
func (r *Registry) SetAlias(ctx context.Context, model, alias string, n int, by string) error {
	by, err := Person(by)
	if err != nil {
		return fmt.Errorf("alias %s of model %s: %w", alias, model, err)
	}
	if !validName(alias) {
		return fmt.Errorf("alias %q of model %s: want 1 to %d bytes of visible characters without a slash or colon",
			shorten(alias), model, maxName)
	}
	return r.change(ctx, func(c *change) error {
		if _, err := readVersion(ctx, c.handle, model, n); err != nil {
			return err
		}
		was, err := aliased(ctx, c.handle, model, alias)
		if err != nil || was == n {
			return err
		}
		_, err = c.ExecContext(ctx, `INSERT INTO aliases (model, alias, version) VALUES (?, ?, ?)
			ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version`, model, alias, n)
		if err != nil {
			return fmt.Errorf("registry: %w", err)
		}
		_, err = c.append(ctx, event{Actor: by, Action: ActionAlias, Model: model, Version: n,
			Details: map[string]any{"alias": alias, "was": was}})
		return err
	})
}

// Alias returns the version that the alias points at, or a *NotFoundError.
func (r *Registry) Alias(ctx context.Context, model, alias string) (Version, error) {
	var out Version
	err := r.view(ctx, func(h handle) error {
		n, err := aliased(ctx, h, model, alias)
		if err != nil {
			return err
		}
		if n == 0 {
			return notRegistered(ctx, h, model+"@"+alias, 0)
		}
		out, err = readVersion(ctx, h, model, n)
		return err
	})
	return out, err
}

// aliased returns the version that the alias points at; 0 is none, as versions
// count from 1.
func aliased(ctx context.Context, h handle, model, alias string) (int, error) {
	var n int
	err := h.QueryRowContext(ctx, `SELECT version FROM aliases WHERE model = ? AND alias = ?`, model, alias).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("registry: %w", err)
	}
	return n, nil
}
