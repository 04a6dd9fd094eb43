package registry

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Entry is one line of the audit log. Hash is the SHA-256 of the canonical JSON
// of all other fields, PrevHash, the entry before's Hash, among them.
type Entry struct {
	Seq      int64          `json:"seq"` // from 1, without gaps
	Time     time.Time      `json:"time"`
	Actor    string         `json:"actor"`
	Action   string         `json:"action"` // register, renew, refuse, approve, reject, alias, serve, withdraw
	Model    string         `json:"model,omitempty"`
	Version  int            `json:"version,omitempty"`
	Details  map[string]any `json:"details,omitempty"`
	PrevHash string         `json:"prev_hash"`
	Hash     string         `json:"hash,omitempty"`
}

// Subject names what the entry is about.
func (e Entry) Subject() string {
	if e.Version == 0 {
		return e.Model
	}
	return fmt.Sprintf("%s version %d", e.Model, e.Version)
}

// Summary is the entry's details in one line for people.
func (e Entry) Summary() string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(e.Details)) {
		switch v := e.Details[k].(type) {
		case string:
			if v != "" {
				out = append(out, k+" "+shorten(v))
			}
		case float64:
			out = append(out, fmt.Sprintf("%s %g", k, v))
		case []any:
			for _, item := range v {
				out = append(out, fmt.Sprint(item))
			}
		}
	}
	return strings.Join(out, ", ")
}

func shorten(v string) string {
	if digestForm.MatchString(v) {
		return v[:19]
	}
	return v
}

// Filter chooses entries; the zero value chooses all.
type Filter struct {
	Model string
	Last  int // the newest so many; 0: all
}

// event is an entry before it has its place in the chain.
type event struct {
	Actor, Action, Model string
	Version              int
	Details              map[string]any
}

func (r *Registry) append(ctx context.Context, tx *sql.Tx, ev event) error {
	_, err := r.appendAt(ctx, tx, r.now().UTC(), ev)
	return err
}

// appendAt adds the entry to the chain, within the change that it records.
func (r *Registry) appendAt(ctx context.Context, tx *sql.Tx, at time.Time, ev event) (int64, error) {
	e := Entry{Time: at, Actor: ev.Actor, Action: ev.Action, Model: ev.Model, Version: ev.Version, Details: ev.Details}
	if err := tx.QueryRowContext(ctx, `SELECT seq, hash FROM audit_head WHERE id = 1`).Scan(&e.Seq, &e.PrevHash); err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	e.Seq++
	body, err := plan.Canonical(e)
	if err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	hash := plan.DigestBytes(body)
	if _, err := tx.ExecContext(ctx, `INSERT INTO audit (seq, body, hash) VALUES (?, ?, ?)`, e.Seq, string(body), hash); err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE audit_head SET seq = ?, hash = ? WHERE id = 1`, e.Seq, hash); err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	return e.Seq, nil
}

// Head returns the number of the newest entry, 0 for an empty log. It is cheap:
// whoever waits for a change asks this.
func (r *Registry) Head(ctx context.Context) (int64, error) {
	var seq int64
	if err := r.db.QueryRowContext(ctx, `SELECT seq FROM audit_head WHERE id = 1`).Scan(&seq); err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	return seq, nil
}

// Audit returns the chosen entries, oldest first, as they are kept: it does not
// verify them.
func (r *Registry) Audit(ctx context.Context, f Filter) ([]Entry, error) {
	raw, err := readLog(ctx, r.db)
	if err != nil {
		return nil, err
	}
	out := []Entry{}
	for _, l := range raw {
		var e Entry
		if err := json.Unmarshal([]byte(l.body), &e); err != nil {
			return nil, fmt.Errorf("audit log: entry %d: %w", l.seq, err)
		}
		if f.Model == "" || e.Model == f.Model {
			e.Hash = l.hash
			out = append(out, e)
		}
	}
	if f.Last > 0 && len(out) > f.Last {
		out = out[len(out)-f.Last:]
	}
	return out, nil
}

// line is an entry as it is kept.
type line struct {
	seq        int64
	body, hash string
}

func readLog(ctx context.Context, q querier) (out []line, err error) {
	rows, err := q.QueryContext(ctx, `SELECT seq, body, hash FROM audit ORDER BY seq`)
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var l line
		if err := rows.Scan(&l.seq, &l.body, &l.hash); err != nil {
			return nil, fmt.Errorf("audit log: %w", err)
		}
		out = append(out, l)
	}
	return out, rows.Err()
}
