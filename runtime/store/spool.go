package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// spoolMemory is how much of a stream waits in memory for its digest.
const spoolMemory = 4 << 20

// spool holds a stream until its digest is known: in memory, or as a whole in a
// temporary file where it is more than that. The file has no name any more
// where the system allows it, so that a killed process leaves nothing behind;
// only one that is to become the object itself keeps its name.
type spool struct {
	digest string
	size   int64
	head   []byte   // all of it, where file is nil
	file   *os.File // all of it, or nil
	moved  bool     // the file is the object now
}

// newSpool takes the stream. named keeps the temporary file's name.
//
// The spool must be closed, also after it became the object. dir is on the same
// file system as the store where named is set: the rename needs that.
func newSpool(ctx context.Context, r io.Reader, dir string, named bool) (*spool, error) {
	r = &ctxReader{ctx: ctx, r: r}
	var head bytes.Buffer
	n, err := io.Copy(&head, io.LimitReader(r, spoolMemory))
	if err != nil {
		return nil, fmt.Errorf("read the object: %w", err)
	}
	s := &spool{head: head.Bytes(), size: n}
	// The stream ended. One of exactly spoolMemory bytes goes to a file, as
	// whether more follows is not known without reading on.
	if n < spoolMemory {
		s.digest = plan.DigestBytes(s.head)
		return s, nil
	}
	sum := newHasher()
	defer sum.stop()
	if err := s.spill(r, sum, dir, named); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.digest = sum.digest()
	return s, nil
}

// spill takes the rest of the stream, hashing what is written while more is read.
// Buffers go from here to the hasher and back, two in work and up to four waiting,
// so that memory stays at a few MiB while disk and hash run side by side. A write
// that fails is told apart from a read that does.
func (s *spool) spill(r io.Reader, sum *hasher, dir string, named bool) error {
	f, err := os.CreateTemp(dir, "ashlar-spool-*")
	if err != nil {
		return fmt.Errorf("temporary file: %w", err)
	}
	s.file = f
	if !named {
		_ = os.Remove(f.Name()) // where an open file cannot be removed, Close does
	}
	_, err = f.Write(s.head)
	sum.add(s.head)
	s.head = nil
	for began := int64(0); err == nil; {
		b := sum.buffer()
		var n int
		n, err = io.ReadFull(r, b)
		if n > 0 {
			if _, writeErr := f.Write(b[:n]); writeErr != nil {
				return fmt.Errorf("temporary file of the object: %w", writeErr)
			}
			s.size += int64(n)
			sum.add(b[:n])
		}
		// Only a file that will be synced gains from it.
		if named && s.size-began >= writeAhead {
			startWriting(f, began, s.size-began)
			began = s.size
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return fmt.Errorf("read the object: %w", err)
}

// writeAhead is after how many bytes the system is asked to begin to write them
// to the disk, so that little is left to wait for at the end.
const writeAhead = 16 << 20

// reader reads the whole stream from its beginning.
// It may be called more than once; readers do not share a position.
func (s *spool) reader() io.Reader {
	if s.file == nil {
		return bytes.NewReader(s.head)
	}
	return io.NewSectionReader(s.file, 0, s.size)
}

// Close releases the temporary file.
func (s *spool) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if !s.moved {
		_ = os.Remove(s.file.Name())
	}
	return err
}

// hasher computes a digest beside whoever reads and writes.
// add and buffer are for one goroutine. todo is bounded, so add waits where
// hashing is slower than writing.
type hasher struct {
	sum  hash.Hash
	todo chan []byte
	free chan []byte
	done chan struct{}
	once sync.Once
}

// newHasher starts the goroutine that hashes; it ends with stop.
func newHasher() *hasher {
	h := &hasher{sum: sha256.New(), todo: make(chan []byte, 2), free: make(chan []byte, 4), done: make(chan struct{})}
	go func() {
		defer close(h.done)
		defer crash.Guard()
		for b := range h.todo {
			h.sum.Write(b)
			select {
			case h.free <- b[:cap(b)]:
			default: // not one of ours to give back
			}
		}
	}()
	return h
}

// buffer is room for the next stretch of the stream.
func (h *hasher) buffer() []byte {
	select {
	case b := <-h.free:
		if len(b) == stretch {
			return b
		}
	default:
	}
	return make([]byte, stretch)
}

// stretch is how much of a stream is read at a time.
const stretch = 1 << 20

// add gives b away: it must not be changed afterwards.
func (h *hasher) add(b []byte) { h.todo <- b }

// stop ends the hashing; what was added has been hashed then.
func (h *hasher) stop() {
	h.once.Do(func() { close(h.todo) })
	<-h.done
}

// digest ends the hashing and returns the digest of all that was added.
func (h *hasher) digest() string {
	h.stop()
	return "sha256:" + hex.EncodeToString(h.sum.Sum(nil))
}

// ctxReader ends with the context.
// A read that blocks is not interrupted; the next one fails.
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
