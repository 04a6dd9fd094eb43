package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// fullEvery is how old a verification of the whole log may be before another is
// made: an edit of an entry that was verified before is found within it.
const fullEvery = 5 * time.Minute

// Verified is what is known of the log.
type Verified struct {
	Anchor              // the newest entry that was verified
	Whole     time.Time // when all of it was verified last, from the first entry and against the tables
	Tampering error     // a *TamperedError where it does not verify, else nil
}

// Watch verifies a log that grows, for those that show it again and again.
//
// Each Check verifies the entries that are new, and that the last one verified
// before is still what it was. Everything else was verified before and is so
// again by Full, which Due asks for: when the last is more than five minutes
// old, and, where the registry is a file, as soon as somebody wrote to it
// without an entry. So an edit of what is old is found within five minutes, or
// at the next look after one. It is safe for concurrent use.
type Watch struct {
	r    *Registry
	file string // of SQLite; empty: there is none to look at

	whole sync.Mutex // held while all of it is verified

	mu    sync.Mutex
	known Verified
	// mu guards what follows, and is held during a Check, whose queries are short.
	// Full reads everything and holds it only before and after.
	mark  string // of the file when it was last looked at
	due   bool
	lines int // entries that Check read
}

// Watch returns a watch over the log that has verified nothing yet.
func (r *Registry) Watch() *Watch { return &Watch{r: r, file: r.file} }

// Check verifies what is new and returns what is known. The first Check verifies
// everything.
//
// Once tampering is found it stays reported until a Full finds none: a log that
// grows on over an edited entry is no better. The error is of reading, and says
// nothing about the log; what is known is returned beside it.
func (w *Watch) Check(ctx context.Context) (Verified, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known.Whole.IsZero() {
		return w.first(ctx)
	}
	// Taken before reading: a write in between then shows as a change at the next
	// Check, rather than being missed.
	mark := w.identity()
	if w.known.Tampering != nil {
		w.due, w.mark = w.due || mark != w.mark, mark
		return w.known, nil
	}
	end := w.known.Anchor
	err := w.r.view(ctx, func(h handle) (err error) {
		end, err = w.tail(ctx, h, w.known.Anchor)
		return err
	})
	if err := w.known.found(err); err != nil {
		return w.known, err
	}
	// The file changed and no entry was added: a checkpoint of the WAL, or an
	// edit behind the registry's back. Only a full verification can tell.
	w.due = w.due || mark != w.mark && end == w.known.Anchor
	w.known.Anchor, w.mark = end, mark
	return w.known, nil
}

// tail verifies that the last entry known is what it was, and those after it,
// and returns the newest.
// It starts one entry early, at the last known, and trusts that entry's hash
// instead of recomputing the chain before it.
func (w *Watch) tail(ctx context.Context, h handle, from Anchor) (Anchor, error) {
	v := &chain{end: Anchor{Seq: max(0, from.Seq-1)}}
	err := readLog(ctx, h, `WHERE seq >= ? ORDER BY seq`, []any{max(1, from.Seq)}, func(l line) error {
		w.lines++
		if l.seq != from.Seq {
			_, err := v.take(l)
			return err
		}
		if l.hash != from.Hash {
			return &TamperedError{Seq: l.seq,
				Reason: "its hash is not the one that was verified before: the log was rewritten"}
		}
		v.end = from
		return nil
	})
	if err != nil {
		return from, err
	}
	if v.end.Seq < from.Seq {
		return from, &TamperedError{Seq: from.Seq, Reason: "it was verified before, and is gone"}
	}
	head, err := readAnchor(ctx, h)
	if err != nil {
		return from, err
	}
	return v.end, v.at(head)
}

// Due reports whether Full should be called.
func (w *Watch) Due() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.due || w.r.now().Sub(w.known.Whole) >= fullEvery
}

// Full verifies the whole log, and that it goes through what was verified
// before. Checks go on meanwhile.
// The lock is released while the log is read, so that a page that shows the state
// does not wait for it.
func (w *Watch) Full(ctx context.Context) (Verified, error) {
	w.whole.Lock()
	defer w.whole.Unlock()
	w.mu.Lock()
	before, mark := w.known.Anchor, w.identity()
	w.due = false
	w.mu.Unlock()
	end, err := w.r.verify(ctx, passed(before)...)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.verified(end, mark, err)
}

// first is Full for who waits for it.
// mu is held: until everything was verified once, there is nothing to show, so
// callers wait for the one who verifies.
func (w *Watch) first(ctx context.Context) (Verified, error) {
	mark := w.identity()
	end, err := w.r.verify(ctx)
	return w.verified(end, mark, err)
}

// verified takes over the result of a full verification; mu is held. A failed
// attempt leaves Full due. Entries that Check verified meanwhile may be newer than
// end, and stay known.
func (w *Watch) verified(end Anchor, mark string, err error) (Verified, error) {
	if err := w.known.found(err); err != nil {
		w.due = true
		return w.known, err
	}
	if w.known.Tampering == nil && end.Seq > w.known.Seq {
		w.known.Anchor = end
	}
	w.known.Whole = w.r.now()
	w.due, w.mark = w.due || w.mark != "" && mark != w.mark, mark
	return w.known, nil
}

// passed are the anchors that a log must go through which was verified up to one.
func passed(a Anchor) []Anchor {
	if a.Seq == 0 {
		return nil
	}
	return []Anchor{a}
}

// found keeps what verifying found, and returns what else went wrong.
// Both results matter: nil clears earlier tampering, and an error such as a lost
// connection must not be shown as tampering.
func (v *Verified) found(err error) error {
	if err == nil || errors.As(err, new(*TamperedError)) {
		v.Tampering = err
		return nil
	}
	return err
}

// identity changes when anybody writes to the file.
// Sizes and times of modification suffice: they need no reading, and a write that
// leaves both as they were is still found by Full within fullEvery.
func (w *Watch) identity() string {
	if w.file == "" {
		return ""
	}
	out := ""
	for _, f := range []string{w.file, w.file + "-wal"} {
		if i, err := os.Stat(f); err == nil {
			out += fmt.Sprintf("%d %d;", i.Size(), i.ModTime().UnixNano())
		}
	}
	return out
}
