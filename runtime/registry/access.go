package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// AccessKey is a key by which a caller asks endpoints. The registry has no key, only
// its digest: whoever reads the registry cannot call anything.
type AccessKey struct {
	ID        string    `json:"id"`        // the part of the key that is no secret
	Caller    string    `json:"caller"`    // whose it is
	Digest    string    `json:"-"`         // SHA-256 of the whole key, in hexadecimal
	Endpoints []string  `json:"endpoints"` // that it opens; EveryEndpoint opens all
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	RevokedAt time.Time `json:"revoked_at,omitzero"` // zero: it is not revoked
}

// EveryEndpoint among a key's endpoints stands for all of them.
const EveryEndpoint = "*"

// accessKeysSchema is the version of the schema that has the table.
const accessKeysSchema = 3

// maxAccessKeys bounds the keys of a registry: a server holds all of them.
const maxAccessKeys = 10_000

// Opens reports whether the key opens the endpoint, whatever the time.
func (k AccessKey) Opens(endpoint string) bool {
	return slices.Contains(k.Endpoints, EveryEndpoint) || slices.Contains(k.Endpoints, endpoint)
}

// State is "valid", "expired" or "revoked".
func (k AccessKey) State(now time.Time) string {
	switch {
	case !k.RevokedAt.IsZero():
		return "revoked"
	case !now.Before(k.ExpiresAt):
		return "expired"
	}
	return "valid"
}

// ErrNoAccessKeys says that the schema is of a version that has no keys.
var ErrNoAccessKeys = errors.New("the registry's schema has no access keys yet: run `ashlar-runtime migrate` on it")

// NoKeyError says that there is no key with the id.
type NoKeyError struct {
	ID   string
	Have []string // the ids that there are
}

// Error names the id.
func (e *NoKeyError) Error() string {
	return fmt.Sprintf("no access key has the id %q; `ashlar access key list` has all", shorten(e.ID))
}

// AccessKeys returns all keys, also those that are expired or revoked, in order of
// caller and age. The error is ErrNoAccessKeys where the schema is too old.
func (r *Registry) AccessKeys(ctx context.Context) ([]AccessKey, error) {
	var out []AccessKey
	err := r.view(ctx, func(h handle) (err error) {
		if err = h.hasAccessKeys(ctx); err == nil {
			out, err = readAccessKeys(ctx, h, `ORDER BY caller, created_at, id`)
		}
		return err
	})
	return out, err
}

// CreateAccessKey adds a key. CreatedBy must be a person's name; CreatedAt is set here.
func (r *Registry) CreateAccessKey(ctx context.Context, k AccessKey) (AccessKey, error) {
	var out AccessKey
	err := r.change(ctx, func(c *change) (err error) {
		out, err = c.createAccessKey(ctx, k, "")
		return err
	})
	return out, err
}

// RotateAccessKey adds the key, which takes caller, endpoints and, unless it has an
// end of its own, as long a life from the key with the id, and ends that one at the time, unless it ends
// before. Both open what they open until then.
func (r *Registry) RotateAccessKey(ctx context.Context, id string, next AccessKey, until time.Time) (was,
	now AccessKey, err error) {
	err = r.change(ctx, func(c *change) (err error) {
		if was, err = c.accessKey(ctx, id); err != nil {
			return err
		}
		if s := was.State(c.at); s != "valid" {
			return fmt.Errorf("access key %s is %s, so that there is nothing to go on with: create another", id, s)
		}
		next.Caller, next.Endpoints = was.Caller, was.Endpoints
		if next.ExpiresAt.IsZero() {
			next.ExpiresAt = c.at.Add(was.ExpiresAt.Sub(was.CreatedAt))
		}
		if now, err = c.createAccessKey(ctx, next, id); err != nil {
			return err
		}
		if !until.Before(was.ExpiresAt) {
			return nil
		}
		if until.Before(c.at) {
			until = c.at
		}
		was.ExpiresAt = until
		return c.endAccessKey(ctx, "expires_at", until, event{Actor: now.CreatedBy, Action: ActionExpireKey,
			Details: map[string]any{"key": id, "caller": was.Caller, "expires": stamp(until)}})
	})
	return was, now, err
}

// RevokeAccessKey ends the key for good. One that is revoked already is left as it is.
func (r *Registry) RevokeAccessKey(ctx context.Context, id, by string) (out AccessKey, err error) {
	if by, err = Person(by); err != nil {
		return out, fmt.Errorf("access key %s: %w", shorten(id), err)
	}
	err = r.change(ctx, func(c *change) (err error) {
		if out, err = c.accessKey(ctx, id); err != nil || !out.RevokedAt.IsZero() {
			return err
		}
		out.RevokedAt = c.at
		return c.endAccessKey(ctx, "revoked_at", c.at, event{Actor: by, Action: ActionRevokeKey,
			Details: map[string]any{"key": id, "caller": out.Caller}})
	})
	return out, err
}

// check returns what is wrong with a key that is to be added.
func (k AccessKey) check(at time.Time) error {
	if !validName(k.ID) || len(k.Digest) != 64 {
		return errors.New("access key: no id or no digest")
	}
	if _, err := Person(k.Caller); err != nil {
		return fmt.Errorf("access key: caller: %w", err)
	}
	if len(k.Endpoints) == 0 {
		return errors.New("access key: it opens no endpoint; name one, or * for every one")
	}
	for _, e := range k.Endpoints {
		if !validName(e) || strings.ContainsRune(e, ' ') {
			return fmt.Errorf("access key: %q is not the name of an endpoint", shorten(e))
		}
	}
	if !k.ExpiresAt.After(at) {
		return fmt.Errorf("access key: it would expire at %s, which is past", k.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return nil
}

func (c *change) createAccessKey(ctx context.Context, k AccessKey, replaces string) (AccessKey, error) {
	var err error
	if k.CreatedBy, err = Person(k.CreatedBy); err != nil {
		return k, fmt.Errorf("access key: %w", err)
	}
	k.CreatedAt = c.at
	if err := errors.Join(k.check(c.at), c.hasAccessKeys(ctx)); err != nil {
		return k, err
	}
	var n int
	if err := c.QueryRowContext(ctx, `SELECT COUNT(*) FROM access_keys`).Scan(&n); err != nil {
		return k, fmt.Errorf("registry: %w", err)
	}
	if n >= maxAccessKeys {
		return k, fmt.Errorf("registry: it has %d access keys, which is the most", n)
	}
	endpoints := strings.Join(k.Endpoints, " ")
	_, err = c.ExecContext(ctx, `INSERT INTO access_keys (id, caller, digest, endpoints, created_by, created_at,
		expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`, k.ID, k.Caller, k.Digest, endpoints, k.CreatedBy,
		stamp(k.CreatedAt), stamp(k.ExpiresAt))
	if err != nil {
		return k, fmt.Errorf("registry: %w", err)
	}
	_, err = c.append(ctx, event{Actor: k.CreatedBy, Action: ActionCreateKey, Details: map[string]any{
		"key": k.ID, "caller": k.Caller, "digest": k.Digest, "endpoints": endpoints,
		"expires": stamp(k.ExpiresAt), "replaces": replaces}})
	return k, err
}

// endAccessKey sets a time at which a key ends, and notes why.
func (c *change) endAccessKey(ctx context.Context, column string, at time.Time, e event) error {
	if _, err := c.ExecContext(ctx, `UPDATE access_keys SET `+column+` = ? WHERE id = ?`, stamp(at),
		e.Details["key"]); err != nil {
		return fmt.Errorf("registry: %w", err)
	}
	_, err := c.append(ctx, e)
	return err
}

// accessKey reads one key, or returns a *NoKeyError.
func (c *change) accessKey(ctx context.Context, id string) (AccessKey, error) {
	if err := c.hasAccessKeys(ctx); err != nil {
		return AccessKey{}, err
	}
	found, err := readAccessKeys(ctx, c.handle, `WHERE id = ?`, id)
	if err == nil && len(found) == 0 {
		missing := &NoKeyError{ID: id}
		if missing.Have, err = texts(ctx, c.handle, `SELECT id FROM access_keys ORDER BY id`); err == nil {
			err = missing
		}
	}
	if err != nil {
		return AccessKey{}, err
	}
	return found[0], nil
}

// hasAccessKeys returns ErrNoAccessKeys where the schema has no table of keys. It asks
// for the version, since a table that is missing would end a PostgreSQL transaction.
func (h handle) hasAccessKeys(ctx context.Context) error {
	version, err := schemaVersion(ctx, h)
	if err == nil && version < accessKeysSchema {
		err = ErrNoAccessKeys
	}
	return err
}

func readAccessKeys(ctx context.Context, h handle, clause string, args ...any) (out []AccessKey, err error) {
	rows, err := h.QueryContext(ctx, `SELECT id, caller, digest, endpoints, created_by, created_at, expires_at,
		revoked_at FROM access_keys `+clause, args...)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	defer func() { err = errors.Join(err, closed(rows)) }()
	out = []AccessKey{}
	for rows.Next() {
		var k AccessKey
		var endpoints, created, expires, revoked string
		if err := rows.Scan(&k.ID, &k.Caller, &k.Digest, &endpoints, &k.CreatedBy, &created, &expires,
			&revoked); err != nil {
			return nil, fmt.Errorf("registry: %w", err)
		}
		k.Endpoints = strings.Fields(endpoints)
		k.CreatedAt, k.ExpiresAt, k.RevokedAt = parseTime(created), parseTime(expires), parseTime(revoked)
		out = append(out, k)
	}
	return out, nil
}

// closed closes rows and returns what went wrong while they were read.
func closed(rows *sql.Rows) error { return errors.Join(rows.Err(), rows.Close()) }
