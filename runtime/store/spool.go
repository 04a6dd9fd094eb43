package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// spoolMemory is how much of a stream waits in memory for its digest.
const spoolMemory = 4 << 20

// spool holds a stream until its digest is known: the beginning in memory, the
// rest in a temporary file that has no name any more where the system allows
// it, so that a killed process leaves nothing behind.
type spool struct {
	digest string
	size   int64
	head   []byte
	tail   *os.File // nil: all of it is in head
}

func newSpool(ctx context.Context, r io.Reader, dir string) (*spool, error) {
	sum := sha256.New()
	r = io.TeeReader(&ctxReader{ctx: ctx, r: r}, sum)
	var head bytes.Buffer
	n, err := io.Copy(&head, io.LimitReader(r, spoolMemory))
	if err != nil {
		return nil, fmt.Errorf("read the object: %w", err)
	}
	s := &spool{head: head.Bytes(), size: n}
	if n == spoolMemory {
		if err := s.spill(r, dir); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	s.digest = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

// spill takes the rest of the stream.
func (s *spool) spill(r io.Reader, dir string) error {
	f, err := os.CreateTemp(dir, "ashlar-spool-*")
	if err != nil {
		return fmt.Errorf("temporary file: %w", err)
	}
	s.tail = f
	_ = os.Remove(f.Name()) // where an open file cannot be removed, Close does
	n, err := io.Copy(f, r)
	if err != nil {
		return fmt.Errorf("temporary file of the object: %w", err)
	}
	s.size += n
	return nil
}

// reader reads the whole stream from its beginning.
func (s *spool) reader() io.Reader {
	if s.tail == nil {
		return bytes.NewReader(s.head)
	}
	return io.MultiReader(bytes.NewReader(s.head), io.NewSectionReader(s.tail, 0, s.size-int64(len(s.head))))
}

// Close releases the temporary file.
func (s *spool) Close() error {
	if s.tail == nil {
		return nil
	}
	err := s.tail.Close()
	_ = os.Remove(s.tail.Name())
	return err
}

// ctxReader ends with the context.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

// Read reads unless the context is done.
func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
