// Package spill counts keys exactly in bounded memory, by going to disk.
//
// A verdict on uniqueness or on a quantile needs every value of a column, and
// must not become an estimate because the column is long. A Tally therefore
// keeps what fits, equal keys counted once, and writes the rest as sorted runs
// that are merged at the end. Runs rather than hash partitions, because their
// order is also that of the values: one structure answers how many are distinct,
// which are repeated and what is in the middle.
//
// A spill file holds data that may be personal. It is readable by its owner alone
// and has no name from the moment it is opened, so that nothing is left of it
// however the process ends. All tallies of a room share one, as a wide table has
// more of them than a process may open files.
package spill

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// filePrefix names the spill file where a system keeps the names of open files.
const filePrefix = "ashlar-validate-"

// Room is the memory and the disk that the tallies of one pass share. It may be
// used by several goroutines at once.
type Room struct {
	ctx   context.Context //nolint:containedctx // a room is one pass, which it ends with
	dir   string
	bytes int

	writers sync.Pool // of *bufio.Writer

	mu    sync.Mutex
	file  *os.File // opened when the first tally goes to disk
	named bool     // it could not be unlinked while open
	end   int64    // of what has been reserved
	spent int64
}

// NewRoom returns room for tallies of about that many bytes of memory each,
// whose file goes to dir (the system's folder for temporary files where empty).
// Once ctx is done, tallies that have gone to disk return its error.
func NewRoom(ctx context.Context, dir string, bytes int) *Room {
	return &Room{ctx: ctx, dir: dir, bytes: bytes}
}

// Spilled returns how many bytes have been written to disk.
func (r *Room) Spilled() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.spent
}

// Close gives all disk space back. Tallies of the room are not usable after it.
func (r *Room) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	if r.named {
		err = errors.Join(err, os.Remove(r.file.Name()))
	}
	r.file = nil
	return err
}

// reserve returns the room's file and the beginning of so many bytes in it that
// nobody else writes to. What is not written after all is a hole and takes no
// disk space.
//
// The name is removed as soon as the file is open; where the system does not
// allow that, Close removes it.
func (r *Room) reserve(bytes int64) (*os.File, int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		f, err := os.CreateTemp(r.dir, filePrefix)
		if err != nil {
			return nil, 0, fmt.Errorf("spill file: %w", err)
		}
		r.file, r.named = f, os.Remove(f.Name()) != nil
	}
	at := r.end
	r.end += bytes
	return r.file, at, nil
}

// spend counts bytes that were written.
func (r *Room) spend(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spent += n
}

// writer returns a buffered writer, for giveBack when it is flushed.
func (r *Room) writer(w io.Writer) *bufio.Writer {
	if b, ok := r.writers.Get().(*bufio.Writer); ok {
		b.Reset(w)
		return b
	}
	return bufio.NewWriterSize(w, bufferBytes)
}

// giveBack keeps the buffer for the next run, without the file that it wrote
// to.
func (r *Room) giveBack(b *bufio.Writer) {
	b.Reset(nil)
	r.writers.Put(b)
}
