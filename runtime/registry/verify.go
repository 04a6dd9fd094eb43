package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// VerifyAudit recomputes the chain of hashes from the first entry to the head
// and compares versions, decisions, aliases and servings with what the log says
// of them. Any difference is a *TamperedError.
//
// A chain proves that nothing was changed in the middle. Whoever can rewrite
// the whole file can rewrite the whole chain: to find that too, give the
// anchors that were noted out of reach (see Anchor); the chain must go through
// each of them.
func (r *Registry) VerifyAudit(ctx context.Context, noted ...Anchor) error {
	_, err := r.verify(ctx, noted...)
	return err
}

// verify is VerifyAudit; it returns the newest entry too.
// Log and tables are read in one transaction, so that a change made meanwhile is
// in both or in neither. The chain is verified before the tables are compared:
// a log that is not whole says nothing about them.
func (r *Registry) verify(ctx context.Context, noted ...Anchor) (end Anchor, err error) {
	err = r.view(ctx, func(h handle) error {
		end, err = verifyIn(ctx, h, noted...)
		return err
	})
	return end, err
}

// verifyIn is verify within a transaction.
func verifyIn(ctx context.Context, h handle, noted ...Anchor) (Anchor, error) {
	v := &chain{noted: noted}
	said := newLedger()
	err := readLog(ctx, h, `ORDER BY seq`, nil, func(l line) error {
		e, err := v.take(l)
		if err == nil {
			said.take(e)
		}
		return err
	})
	if err != nil {
		return Anchor{}, err
	}
	head, err := readAnchor(ctx, h)
	if err != nil {
		return Anchor{}, err
	}
	if err := v.at(head); err != nil {
		return Anchor{}, err
	}
	if err := v.missed(); err != nil {
		return Anchor{}, err
	}
	return v.end, said.compare(ctx, h)
}

// chain verifies entries one after the other.
type chain struct {
	end   Anchor // the last entry verified
	noted []Anchor
}

// take verifies that the line is the next entry of the chain.
// The checks go from the outside in: that the entry is there, that its bytes are
// those that were hashed, that it reads, and that it belongs where it is. Unknown
// fields are refused, since this program could not tell what they change.
func (v *chain) take(l line) (Entry, error) {
	want := v.end.Seq + 1
	bad := func(format string, args ...any) (Entry, error) {
		return Entry{}, &TamperedError{Seq: want, Reason: fmt.Sprintf(format, args...)}
	}
	if l.seq != want {
		return bad("it is missing; the next is %d", l.seq)
	}
	if plan.DigestBytes([]byte(l.body)) != l.hash {
		return bad("its content does not match its hash: it was edited")
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
	if e.PrevHash != v.end.Hash {
		return bad("it does not follow the entry before it: one was edited, removed or put in")
	}
	for _, a := range v.noted {
		if a.Seq == want && a.Hash != l.hash {
			return bad("its hash is not the one that was noted: the log was rewritten")
		}
	}
	v.end = Anchor{Seq: want, Hash: l.hash}
	return e, nil
}

// at checks the end of the chain against the head that is noted.
// The head is a row of its own, so that cutting off the newest entries, which
// leaves a valid chain, is found.
func (v *chain) at(head Anchor) error {
	if head == v.end {
		return nil
	}
	return &TamperedError{Seq: min(head.Seq, v.end.Seq) + 1,
		Reason: fmt.Sprintf("the log ends at entry %d, its head is at %d: entries were cut off or added", v.end.Seq,
			head.Seq)}
}

// missed reports an anchor that the chain does not reach.
// take has compared those that the chain does reach.
func (v *chain) missed() error {
	for _, a := range v.noted {
		if a.Seq > v.end.Seq {
			return &TamperedError{Seq: v.end.Seq + 1,
				Reason: fmt.Sprintf("the log ends at entry %d, but entry %d was noted: its tail was cut off", v.end.Seq,
					a.Seq)}
		}
	}
	return nil
}
