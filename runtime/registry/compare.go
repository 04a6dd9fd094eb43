package registry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// compare checks the tables against what the log says of them.
// Both sides are maps from a row's name to one text that holds every column that
// matters; the empty text is an absent row. The first difference, in order of
// table and name, is returned as a *TamperedError: the same one each time, so
// that two people who verify talk about the same row.
func (l *ledger) compare(ctx context.Context, h handle) error {
	for _, t := range []struct {
		noun string
		said map[string]string
		read func(context.Context, handle) (map[string]string, error)
	}{
		{"version", states(l.versions), heldVersions},
		{"decision", l.decisions, heldDecisions},
		{"alias", l.aliases, heldAliases},
		{"serving", l.servings, heldServings},
		{"access key", states(l.keys), heldAccessKeys},
	} {
		held, err := t.read(ctx, h)
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(union(t.said, held))) {
			switch {
			case t.said[id] == "":
				return &TamperedError{Reason: fmt.Sprintf("%s %s is in the registry, but the log has no entry for it",
					t.noun, id)}
			case held[id] == "":
				return &TamperedError{Reason: fmt.Sprintf("%s %s is in the log, but gone from the registry", t.noun,
					id)}
			case t.said[id] != held[id]:
				return &TamperedError{Reason: fmt.Sprintf("%s %s was edited: the registry has %q, the log says %q",
					t.noun, id, held[id], t.said[id])}
			}
		}
	}
	return nil
}

func union(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// The held functions write each row in the same form as ledger does for its
// entry. A change of one form without the other makes every registry appear to
// be tampered with.
func heldVersions(ctx context.Context, h handle) (map[string]string, error) {
	return held(ctx, h, `SELECT model || '/' || version, model_digest, status, body, author, created_at FROM versions`,
		6, func(c []string) string {
			return versionState{c[1], c[2], plan.DigestBytes([]byte(c[3])), c[4], c[5]}.String()
		})
}

func heldDecisions(ctx context.Context, h handle) (map[string]string, error) {
	return held(ctx, h, `SELECT seq, model || '/' || version, verdict, decider, note, at FROM decisions`,
		6, func(c []string) string {
			return fmt.Sprintf("%s %s %q %q %s", c[1], c[2], c[3], c[4], c[5])
		})
}

func heldAliases(ctx context.Context, h handle) (map[string]string, error) {
	return held(ctx, h, `SELECT model || '@' || alias, version FROM aliases`, 2,
		func(c []string) string { return c[1] })
}

func heldServings(ctx context.Context, h handle) (map[string]string, error) {
	return held(ctx, h, `SELECT seq, endpoint, model || '/' || version, digest, since, until FROM servings`,
		6, func(c []string) string {
			return fmt.Sprintf("%q %s %s %s %s", c[1], c[2], c[3], c[4], c[5])
		})
}

// heldAccessKeys are none where the schema has no table of them.
func heldAccessKeys(ctx context.Context, h handle) (map[string]string, error) {
	if err := h.hasAccessKeys(ctx); errors.Is(err, ErrNoAccessKeys) {
		return map[string]string{}, nil
	} else if err != nil {
		return nil, err
	}
	return held(ctx, h, `SELECT id, caller, digest, endpoints, created_by, created_at, expires_at, revoked_at
		FROM access_keys`, 8, func(c []string) string {
		return keyState{c[1], c[2], c[3], c[4], c[5], c[6], c[7]}.String()
	})
}

// held reads a table as text, the first column being the row's name.
// Integers are scanned into strings as well, which both drivers convert. columns
// is the number of columns of the query.
func held(ctx context.Context, h handle, query string, columns int,
	form func([]string) string) (out map[string]string, err error) {
	rows, err := h.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[string]string{}
	cells, targets := make([]string, columns), make([]any, columns)
	for i := range cells {
		targets[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, fmt.Errorf("registry: %w", err)
		}
		out[cells[0]] = form(cells)
	}
	return out, rows.Err()
}
