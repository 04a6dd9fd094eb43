package registry

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// maxLine bounds one line of an exported log.
// In bytes. A record has at most maxRecord and is in its entry as JSON, not as a
// text; the rest leaves room for long reasons and comments.
const maxLine = 8 << 20

// Anchor is a point of the log: an entry's number and hash. Noted where nobody
// who can write the registry can reach it, it proves later that nothing up to
// there was rewritten.
type Anchor struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// Anchor returns the newest point of the log; it is zero where the log is empty.
func (r *Registry) Anchor(ctx context.Context) (Anchor, error) {
	var a Anchor
	err := r.read(ctx, func(h handle) (err error) {
		a, err = readAnchor(ctx, h)
		return err
	})
	return a, err
}

// readAnchor reads the head's row. The migration inserts it, and nothing deletes
// it, so its absence is tampering and not an empty log.
func readAnchor(ctx context.Context, h handle) (Anchor, error) {
	var a Anchor
	err := h.QueryRowContext(ctx, `SELECT seq, hash FROM audit_head WHERE id = 1`).Scan(&a.Seq, &a.Hash)
	if errors.Is(err, sql.ErrNoRows) {
		return a, &TamperedError{Reason: "the log's head is gone"}
	}
	if err != nil {
		return a, fmt.Errorf("audit log: %w", err)
	}
	return a, nil
}

// ExportAudit writes the log to w as JSON lines, oldest first. VerifyExport
// verifies them without the registry.
//
// A connection that breaks on the way is an error, and w then has a part.
// It is not run again as other reads are: lines that w has got already cannot be
// recalled, and would be there twice.
func (r *Registry) ExportAudit(ctx context.Context, w io.Writer) error {
	return readLog(ctx, r.direct(), `ORDER BY seq`, nil, func(l line) error {
		fields, err := decodeFields([]byte(l.body))
		if err != nil {
			return fmt.Errorf("audit log: entry %d: %w", l.seq, err)
		}
		fields["hash"] = l.hash
		out, err := plan.Canonical(fields)
		if err != nil {
			return fmt.Errorf("audit log: entry %d: %w", l.seq, err)
		}
		_, err = w.Write(out)
		return err
	})
}

// VerifyExport verifies the chain of an exported log and that it goes through
// every anchor, and returns its end. Any difference is a *TamperedError.
//
// It holds one line at a time, so a log of any length needs little memory. An
// error that is not a *TamperedError is one of reading r.
func VerifyExport(r io.Reader, noted ...Anchor) (Anchor, error) {
	v := &chain{noted: noted}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxLine)
	for scanner.Scan() {
		l, err := parseLine(scanner.Bytes())
		if err != nil {
			return v.end, &TamperedError{Seq: v.end.Seq + 1, Reason: "it does not read: " + err.Error()}
		}
		l.seq = v.end.Seq + 1 // the entry's own number must agree
		if _, err := v.take(l); err != nil {
			return v.end, err
		}
	}
	if err := scanner.Err(); err != nil {
		return v.end, fmt.Errorf("audit log: line %d: %w", v.end.Seq+1, err)
	}
	return v.end, v.missed()
}

// parseLine takes the hash out of an exported entry, which leaves the entry as
// it is kept.
//
// Only the canonical form is taken: the hash covers bytes, and two spellings of
// the same JSON would otherwise both verify.
func parseLine(text []byte) (line, error) {
	fields, err := decodeFields(text)
	if err != nil {
		return line{}, err
	}
	hash, ok := fields["hash"].(string)
	if !ok {
		return line{}, errors.New("it has no hash")
	}
	whole, err := plan.Canonical(fields)
	if err != nil {
		return line{}, err
	}
	if !bytes.Equal(bytes.TrimSpace(whole), bytes.TrimSpace(text)) {
		return line{}, errors.New("it is not in canonical form")
	}
	delete(fields, "hash")
	body, err := plan.Canonical(fields)
	return line{body: string(body), hash: hash}, err
}

// decodeFields reads an entry without knowing its fields, so that a log of a
// newer version verifies too. Numbers stay as they are written: through float64,
// a large one would come out as other bytes and break the hash.
func decodeFields(text []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var fields map[string]any
	if err := dec.Decode(&fields); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the entry")
	}
	if fields == nil {
		return nil, errors.New("null is not an entry")
	}
	return fields, nil
}
