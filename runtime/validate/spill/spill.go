// Package spill counts keys exactly in bounded memory, by going to disk.
//
// A verdict on uniqueness or on a quantile needs every value of a column, and
// must not become an estimate because the column is long. A Tally therefore
// keeps what fits, equal keys counted once, and writes the rest as sorted runs
// that are merged at the end. Runs rather than hash partitions, because their
// order is also that of the values: one structure answers how many are distinct,
// which are repeated and what stands in the middle.
//
// Spill files hold data that may be personal. They are readable by their owner
// alone and have no name from the moment they are opened, so that nothing is
// left of them however the process ends.
package spill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
)

// filePrefix names spill files, where a system keeps the names of open files.
const filePrefix = "ashlar-validate-"

// Room is the memory and the disk that the tallies of one pass share. It may be
// used by several goroutines at once.
type Room struct {
	ctx   context.Context //nolint:containedctx // a room is one pass, which it ends with
	dir   string
	bytes int

	mu    sync.Mutex
	files []*os.File
	named []string // those that could not be unlinked while open
	spent int64
}

// NewRoom returns room for tallies of about that many bytes of memory each,
// whose files go to dir (the system's folder for temporary files where empty).
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
	var errs []error
	for _, f := range r.files {
		errs = append(errs, f.Close())
	}
	for _, name := range r.named {
		errs = append(errs, os.Remove(name))
	}
	r.files, r.named = nil, nil
	return errors.Join(errs...)
}

// file opens a file without a name.
func (r *Room) file() (*os.File, error) {
	f, err := os.CreateTemp(r.dir, filePrefix)
	if err != nil {
		return nil, fmt.Errorf("spill file: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files = append(r.files, f)
	if os.Remove(f.Name()) != nil {
		r.named = append(r.named, f.Name())
	}
	return f, nil
}

func (r *Room) spend(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spent += n
}
