package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"

	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// partBytes is where a stream is cut, after the line that reaches it. Cuts depend on the
// lines before them alone, so the parts of a log that only grows are the same in every
// backup, but for the last. Below 4 MiB an object is put without a temporary file.
const partBytes = 3 << 20

// maxLine bounds a line. No other stream has lines as long as the registry's.
const maxLine = registry.MaxRow

// Stream is a list of lines, kept in parts.
type Stream struct {
	Name   string   `json:"name"`
	Rows   int64    `json:"rows"`
	Bytes  int64    `json:"bytes"`
	Digest string   `json:"digest"` // of all lines
	Parts  []string `json:"parts"`  // digests of objects of the place
}

// writer makes a stream.
type writer struct {
	name   string
	put    func(context.Context, []byte) (string, error)
	sum    hash.Hash
	buffer bytes.Buffer
	made   Stream
}

func newWriter(name string, put func(context.Context, []byte) (string, error)) *writer {
	return &writer{name: name, put: put, sum: sha256.New(), made: Stream{Name: name, Parts: []string{}}}
}

// line adds a line that ends in a newline.
func (w *writer) line(ctx context.Context, line []byte) error {
	w.buffer.Write(line)
	w.sum.Write(line)
	w.made.Rows++
	w.made.Bytes += int64(len(line))
	if w.buffer.Len() < partBytes {
		return nil
	}
	return w.cut(ctx)
}

func (w *writer) cut(ctx context.Context) error {
	digest, err := w.put(ctx, w.buffer.Bytes())
	if err != nil {
		return fmt.Errorf("place of backups: %s: %w", w.name, err)
	}
	w.made.Parts = append(w.made.Parts, digest)
	w.buffer.Reset()
	return nil
}

// end returns the stream, all of which is in the place then.
func (w *writer) end(ctx context.Context) (Stream, error) {
	if w.buffer.Len() > 0 {
		if err := w.cut(ctx); err != nil {
			return Stream{}, err
		}
	}
	w.made.Digest = "sha256:" + hex.EncodeToString(w.sum.Sum(nil))
	return w.made, nil
}

// lines calls f with each line of the stream. A part is verified before its first line
// is used, and the stream's digest and count after the last.
func (s Stream) lines(ctx context.Context, place *store.Store, f func(line []byte) error) error {
	sum := sha256.New()
	var rows int64
	for _, part := range s.Parts {
		b, err := place.GetBytes(ctx, part, partBytes+maxLine)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		sum.Write(b)
		for line := range bytes.Lines(b) {
			rows++
			if err := f(line); err != nil {
				return err
			}
		}
	}
	if found := "sha256:" + hex.EncodeToString(sum.Sum(nil)); found != s.Digest || rows != s.Rows {
		return fmt.Errorf("%s: its %d lines have the digest %s; the manifest says %d lines of %s", s.Name, rows, found,
			s.Rows, s.Digest)
	}
	return nil
}

// digests returns a stream's facts without keeping it: what to compare with one that is
// kept.
func digests(name string) *writer {
	return newWriter(name, func(context.Context, []byte) (string, error) { return "", nil })
}

// differs says how what is there now differs from the stream of a manifest.
func (s Stream) differs(now Stream) error {
	if s.Digest == now.Digest && s.Rows == now.Rows {
		return nil
	}
	return errors.New(s.Name + " has other lines than the backup: digest " + now.Digest + " in place of " + s.Digest)
}
