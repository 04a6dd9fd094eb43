package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Models returns the names of the registered models, sorted.
func (r *Registry) Models(ctx context.Context) ([]string, error) {
	var out []string
	err := r.read(ctx, func(h handle) (err error) {
		out, err = texts(ctx, h, `SELECT DISTINCT model FROM versions ORDER BY model`)
		return err
	})
	return out, err
}

// Versions returns the model's versions, newest first. A model without any is
// no error.
func (r *Registry) Versions(ctx context.Context, model string) ([]Version, error) {
	var out []Version
	err := r.view(ctx, func(h handle) (err error) {
		out, err = readVersions(ctx, h, model)
		return err
	})
	return out, err
}

// readVersions reads versions one by one. It collects the numbers before it reads
// the first: one transaction is one connection, which cannot run a query while
// the rows of another are open.
func readVersions(ctx context.Context, h handle, model string) ([]Version, error) {
	out := []Version{}
	numbers, err := texts(ctx, h, `SELECT version FROM versions WHERE model = ? ORDER BY version DESC`, model)
	if err != nil {
		return nil, err
	}
	for _, text := range numbers {
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("registry: version %q: %w", text, err)
		}
		v, err := readVersion(ctx, h, model, n)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Version returns one version, or a *NotFoundError.
func (r *Registry) Version(ctx context.Context, model string, n int) (Version, error) {
	var out Version
	err := r.view(ctx, func(h handle) (err error) {
		out, err = readVersion(ctx, h, model, n)
		return err
	})
	return out, err
}

// readVersion reads a version with its decisions, oldest first, and aliases,
// sorted. The candidate comes from the body, the canonical JSON that the log has
// a digest of; model, author and digest have columns only for the database's own
// constraints and rules.
func readVersion(ctx context.Context, h handle, model string, n int) (Version, error) {
	v := Version{Version: n, Decisions: []RecordedDecision{}, Aliases: []string{}}
	var body, created string
	err := h.QueryRowContext(ctx, `SELECT status, created_at, body FROM versions WHERE model = ? AND version = ?`,
		model, n).Scan(&v.Status, &created, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return v, notRegistered(ctx, h, model, n)
	}
	if err != nil {
		return v, fmt.Errorf("registry: %w", err)
	}
	if err := plan.Unmarshal([]byte(body), &v.Candidate); err != nil {
		return v, fmt.Errorf("registry: model %s version %d: %w", model, n, err)
	}
	v.CreatedAt = parseTime(created)
	if v.Decisions, err = readDecisions(ctx, h, model, n); err != nil {
		return v, err
	}
	v.Aliases, err = texts(ctx, h, `SELECT alias FROM aliases WHERE model = ? AND version = ? ORDER BY alias`, model, n)
	return v, err
}

// notRegistered returns the *NotFoundError with what there is instead: the
// model's versions, or all models where it has none. An alias is looked for as
// model@alias, which is no model's name, and so lists the models.
func notRegistered(ctx context.Context, h handle, model string, n int) error {
	have, err := texts(ctx, h, `SELECT 'version ' || version FROM versions WHERE model = ? ORDER BY version`, model)
	if err != nil {
		return err
	}
	if len(have) > 0 {
		return &NotFoundError{Model: model, Version: n, Have: have}
	}
	if have, err = texts(ctx, h, `SELECT DISTINCT model FROM versions ORDER BY model`); err != nil {
		return err
	}
	return &NotFoundError{Model: model, Have: have}
}

// readDecisions returns a version's decisions in the order in which they were
// taken, which is that of their log entries.
func readDecisions(ctx context.Context, h handle, model string, n int) (out []RecordedDecision, err error) {
	rows, err := h.QueryContext(ctx, `SELECT verdict, decider, note, at FROM decisions WHERE model = ? AND version = ? ORDER BY seq`, model, n)
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
// The result is never nil, so that it is [] in JSON.
func texts(ctx context.Context, h handle, query string, args ...any) (out []string, err error) {
	rows, err := h.QueryContext(ctx, query, args...)
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
