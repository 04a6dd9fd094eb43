package registry

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// NotFoundError names what is not registered, and what is.
type NotFoundError struct {
	Model   string
	Version int
	Have    []string
}

// Error says what exists instead.
func (e *NotFoundError) Error() string {
	have := "none is registered yet"
	if len(e.Have) > 0 {
		have = "there is " + strings.Join(e.Have, ", ")
	}
	if e.Version == 0 {
		return fmt.Sprintf("no model %q is registered; %s", e.Model, have)
	}
	return fmt.Sprintf("model %s has no version %d; %s", e.Model, e.Version, have)
}

// Models returns the names of the registered models, sorted.
func (r *Registry) Models(ctx context.Context) ([]string, error) {
	return texts(ctx, r.db, `SELECT DISTINCT model FROM versions ORDER BY model`)
}

// Versions returns the model's versions, newest first. A model without any is
// no error.
func (r *Registry) Versions(ctx context.Context, model string) ([]Version, error) {
	numbers, err := texts(ctx, r.db, `SELECT version FROM versions WHERE model = ? ORDER BY version DESC`, model)
	if err != nil {
		return nil, err
	}
	out := make([]Version, 0, len(numbers))
	for _, text := range numbers {
		var n int
		if _, err := fmt.Sscan(text, &n); err != nil {
			return nil, fmt.Errorf("registry: version %q: %w", text, err)
		}
		v, err := readVersion(ctx, r.db, model, n)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Version returns one version, or a *NotFoundError.
func (r *Registry) Version(ctx context.Context, model string, n int) (Version, error) {
	return readVersion(ctx, r.db, model, n)
}

func readVersion(ctx context.Context, q querier, model string, n int) (Version, error) {
	v := Version{Version: n, Decisions: []RecordedDecision{}, Aliases: []string{}}
	var body, created string
	err := q.QueryRowContext(ctx, `SELECT status, created_at, body FROM versions WHERE model = ? AND version = ?`, model, n).Scan(&v.Status, &created, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return v, notRegistered(ctx, q, model, n)
	}
	if err != nil {
		return v, fmt.Errorf("registry: %w", err)
	}
	if err := json.Unmarshal([]byte(body), &v.Candidate); err != nil {
		return v, fmt.Errorf("registry: model %s version %d: %w", model, n, err)
	}
	v.CreatedAt = parseTime(created)
	if v.Decisions, err = readDecisions(ctx, q, model, n); err != nil {
		return v, err
	}
	v.Aliases, err = texts(ctx, q, `SELECT alias FROM aliases WHERE model = ? AND version = ? ORDER BY alias`, model, n)
	return v, err
}

func notRegistered(ctx context.Context, q querier, model string, n int) error {
	have, err := texts(ctx, q, `SELECT 'version ' || version FROM versions WHERE model = ? ORDER BY version`, model)
	if err != nil {
		return err
	}
	if len(have) > 0 {
		return &NotFoundError{Model: model, Version: n, Have: have}
	}
	if have, err = texts(ctx, q, `SELECT DISTINCT model FROM versions ORDER BY model`); err != nil {
		return err
	}
	return &NotFoundError{Model: model, Have: have}
}

func readDecisions(ctx context.Context, q querier, model string, n int) (out []RecordedDecision, err error) {
	rows, err := q.QueryContext(ctx, `SELECT verdict, decider, note, at FROM decisions WHERE model = ? AND version = ? ORDER BY seq`, model, n)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = []RecordedDecision{}
	for rows.Next() {
		var d RecordedDecision
		var at string
		if err := rows.Scan(&d.Verdict, &d.By, &d.Comment, &at); err != nil {
			return nil, fmt.Errorf("registry: %w", err)
		}
		d.At = parseTime(at)
		out = append(out, d)
	}
	return out, rows.Err()
}

// texts runs a query of one text column.
func texts(ctx context.Context, q querier, query string, args ...any) (out []string, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = []string{}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("registry: %w", err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
