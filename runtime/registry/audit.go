package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// The actions that the log knows.
const (
	ActionRegister = "register"
	ActionRenew    = "renew" // a known model file, asked for by another plan
	ActionRefuse   = "refuse"
	ActionApprove  = "approve"
	ActionReject   = "reject"
	ActionReview   = "review" // somebody agreed elsewhere; it decides nothing
	ActionAlias    = "alias"
	ActionServe    = "serve"
	ActionWithdraw = "withdraw"
	ActionRelease  = "release" // what happened to a version on its way into the traffic
	ActionSteer    = "steer"   // what a person wants to happen to it
	ActionForget   = "forget"  // something kept of a dataset was deleted for its retention

	ActionCreateKey = "create_key" // of an endpoint's caller
	ActionExpireKey = "expire_key" // another has taken its place
	ActionRevokeKey = "revoke_key"
)

// Entry is one line of the audit log. Hash is the SHA-256 of the canonical JSON
// of all other fields, PrevHash, the entry before's Hash, among them.
type Entry struct {
	Seq   int64     `json:"seq"` // from 1, without gaps
	Time  time.Time `json:"time"`
	Actor string    `json:"actor"`
	// register, renew, refuse, approve, reject, review, alias, serve, withdraw, release, steer,
	// forget, create_key, expire_key, revoke_key
	Action   string         `json:"action"`
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
// Keys are sorted, so that it is the same each time. Objects, such as a version's
// whole record, are left out; empty texts too.
func (e Entry) Summary() string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(e.Details)) {
		switch v := e.Details[k].(type) {
		case string:
			if isDigest(v) {
				v = plan.ShortDigest(v)
			}
			if v != "" {
				out = append(out, k+" "+v)
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

// Filter chooses entries; the zero value chooses all.
type Filter struct {
	Model  string
	Action string
	After  int64 // entries with a greater Seq
	Last   int   // the newest so many; 0: all
}

// chooses looks at model and action; After and Last are applied by entries, where
// they spare reading.
func (f Filter) chooses(e Entry) bool {
	return (f.Model == "" || e.Model == f.Model) && (f.Action == "" || e.Action == f.Action)
}

// event is an entry before it has its place in the chain.
type event struct {
	Actor, Action, Model string
	Version              int
	Details              map[string]any
}

// append adds the entry to the chain, within the change that it records, and
// returns its number.
// The log and its head are written together. The head is what later entries chain
// to and what Head and Anchor read; PostgreSQL's row policies check that it is
// the newest entry, so the entry has to be there first.
func (c *change) append(ctx context.Context, ev event) (int64, error) {
	e := Entry{
		Seq: c.seq + 1, Time: c.at, PrevHash: c.hash,
		Actor: ev.Actor, Action: ev.Action, Model: ev.Model, Version: ev.Version, Details: ev.Details,
	}
	body, err := plan.Canonical(e)
	if err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	hash := plan.DigestBytes(body)
	if _, err := c.ExecContext(ctx, `INSERT INTO audit (seq, body, hash) VALUES (?, ?, ?)`, e.Seq,
		string(body), hash); err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	if _, err := c.ExecContext(ctx, `UPDATE audit_head SET seq = ?, hash = ? WHERE id = 1`, e.Seq, hash); err != nil {
		return 0, fmt.Errorf("audit log: %w", err)
	}
	// The next entry of the same change chains to this one.
	c.seq, c.hash = e.Seq, hash
	return e.Seq, nil
}

// Head returns the number of the newest entry, 0 for an empty log. It is cheap:
// whoever waits for a change, made here or by another process, asks this.
func (r *Registry) Head(ctx context.Context) (int64, error) {
	a, err := r.Anchor(ctx)
	return a.Seq, err
}

// Audit returns the chosen entries, oldest first, as they are kept: it does not
// verify them.
func (r *Registry) Audit(ctx context.Context, f Filter) ([]Entry, error) {
	var out []Entry
	err := r.read(ctx, func(h handle) (err error) {
		out, err = f.entries(ctx, h)
		return err
	})
	slices.Reverse(out)
	return out, err
}

// entries returns the chosen entries, newest first, so that asking for the last
// few reads no more than them.
func (f Filter) entries(ctx context.Context, h handle) ([]Entry, error) {
	out := []Entry{}
	// Model and action are in the body's JSON, which the two databases query
	// differently, so they are filtered here.
	err := readLog(ctx, h, `WHERE seq > ? ORDER BY seq DESC`, []any{f.After}, func(l line) error {
		var e Entry
		if err := json.Unmarshal([]byte(l.body), &e); err != nil {
			return fmt.Errorf("audit log: entry %d: %w", l.seq, err)
		}
		if f.chooses(e) {
			e.Hash = l.hash
			out = append(out, e)
		}
		if f.Last > 0 && len(out) == f.Last {
			return errEnough
		}
		return nil
	})
	return out, err
}

// line is an entry as it is kept.
type line struct {
	seq        int64
	body, hash string
}

// errEnough ends readLog early without being an error.
var errEnough = errors.New("enough")

// readLog calls f with each line that the clause chooses.
// An error of f ends it and is returned as it is; errEnough ends it without one.
// Lines are streamed from the database, so f must not run queries on the same
// transaction: a PostgreSQL connection does one thing at a time.
func readLog(ctx context.Context, h handle, clause string, args []any, f func(line) error) (err error) {
	rows, err := h.QueryContext(ctx, `SELECT seq, body, hash FROM audit `+clause, args...)
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var l line
		if err := rows.Scan(&l.seq, &l.body, &l.hash); err != nil {
			return fmt.Errorf("audit log: %w", err)
		}
		if err := f(l); errors.Is(err, errEnough) {
			return nil
		} else if err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	return nil
}
