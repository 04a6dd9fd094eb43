package registry

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// TamperedError says where the audit log, or a table that it accounts for, is
// not what the registry wrote.
type TamperedError struct {
	Seq    int64 // of the first entry that is wrong; 0: a table is
	Reason string
}

// Error names the entry.
func (e *TamperedError) Error() string {
	if e.Seq == 0 {
		return e.Reason
	}
	return fmt.Sprintf("entry %d: %s", e.Seq, e.Reason)
}

// VerifyAudit recomputes the chain of hashes from the first entry to the head
// and compares versions, decisions, aliases and servings with what the log says
// of them. Any difference is a *TamperedError.
//
// A chain proves that nothing was changed in the middle. Whoever can rewrite
// the whole file can rewrite the whole chain: to guard against that too, note
// the newest hash somewhere out of reach.
func (r *Registry) VerifyAudit(ctx context.Context) error {
	return r.tx(ctx, func(tx *sql.Tx) error {
		lines, err := readLog(ctx, tx)
		if err != nil {
			return err
		}
		said := newLedger()
		prev := ""
		for i, l := range lines {
			e, err := verifyLine(int64(i+1), prev, l)
			if err != nil {
				return err
			}
			said.take(e)
			prev = l.hash
		}
		var head int64
		var hash string
		if err := tx.QueryRowContext(ctx, `SELECT seq, hash FROM audit_head WHERE id = 1`).Scan(&head, &hash); err != nil {
			return &TamperedError{Reason: "the log's head is gone"}
		}
		if head != int64(len(lines)) || hash != prev {
			return &TamperedError{Seq: min(head, int64(len(lines))) + 1, Reason: fmt.Sprintf("the log ends at entry %d, its head is at %d: entries were cut off or added", len(lines), head)}
		}
		return said.compare(ctx, tx)
	})
}

func verifyLine(want int64, prev string, l line) (Entry, error) {
	bad := func(format string, args ...any) (Entry, error) {
		return Entry{}, &TamperedError{Seq: want, Reason: fmt.Sprintf(format, args...)}
	}
	if l.seq != want {
		return bad("it is missing; the next is %d", l.seq)
	}
	if plan.DigestBytes([]byte(l.body)) != l.hash {
		return bad("its content is not what its hash says: it was edited")
	}
	var e Entry
	dec := json.NewDecoder(bytes.NewReader([]byte(l.body)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return bad("it does not read: %v", err)
	}
	if e.Seq != want {
		return bad("it calls itself %d: it was moved", e.Seq)
	}
	if e.PrevHash != prev {
		return bad("it does not follow the entry before it: one was edited, removed or put in")
	}
	return e, nil
}

// ledger is what the log says the tables must hold, as text.
type ledger struct {
	versions  map[string]string // model/version -> digest, status, body's digest
	decisions map[string]string
	aliases   map[string]string
	servings  map[string]string
	open      map[string]int64 // endpoint -> seq of what it serves
}

func newLedger() *ledger {
	return &ledger{
		versions: map[string]string{}, decisions: map[string]string{}, aliases: map[string]string{},
		servings: map[string]string{}, open: map[string]int64{},
	}
}

type versionState struct{ digest, status, body, author, created string }

func (v versionState) String() string {
	return fmt.Sprintf("%s %s %s %q %s", v.digest, v.status, v.body, v.author, v.created)
}

// take applies one entry.
func (l *ledger) take(e Entry) {
	text := func(k string) string { s, _ := e.Details[k].(string); return s }
	id := fmt.Sprintf("%s/%d", e.Model, e.Version)
	switch e.Action {
	case "register":
		l.versions[id] = versionState{text("model_digest"), Pending, text("body_digest"), e.Actor, stamp(e.Time)}.String()
	case "renew":
		l.replace(id, func(v *versionState) { v.body = text("body_digest") })
	case "approve", "reject":
		l.replace(id, func(v *versionState) { v.status = text("status") })
		verdict := map[string]string{"approve": Approved, "reject": Rejected}[e.Action]
		l.decisions[fmt.Sprint(e.Seq)] = fmt.Sprintf("%s %s %q %q %s", id, verdict, e.Actor, text("comment"), stamp(e.Time))
	case "alias":
		l.aliases[e.Model+"@"+text("alias")] = fmt.Sprint(e.Version)
	case "serve":
		endpoint := text("endpoint")
		l.end(endpoint, e)
		l.servings[fmt.Sprint(e.Seq)] = fmt.Sprintf("%s %s %s %s ", endpoint, id, text("digest"), stamp(e.Time))
		l.open[endpoint] = e.Seq
	case "withdraw":
		l.end(text("endpoint"), e)
	}
}

func (l *ledger) replace(id string, change func(*versionState)) {
	var v versionState
	if _, err := fmt.Sscanf(l.versions[id], "%s %s %s %q %s", &v.digest, &v.status, &v.body, &v.author, &v.created); err != nil {
		return // an entry about a version that was never registered shows in compare
	}
	change(&v)
	l.versions[id] = v.String()
}

func (l *ledger) end(endpoint string, e Entry) {
	if seq, ok := l.open[endpoint]; ok {
		l.servings[fmt.Sprint(seq)] += stamp(e.Time)
		delete(l.open, endpoint)
	}
}
