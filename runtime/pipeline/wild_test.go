//go:build unix

package pipeline

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/gcerrors"

	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// wild is a bucket in memory that misbehaves once, at a chosen operation: it
// answers an error, hands out half a body, or is full while it is written to.
type wild struct {
	driver.Bucket
	mu      sync.Mutex
	objects map[string][]byte
	n       int // operations so far
	bad     int // the one that goes wrong; 0: none
	lasting bool
}

var (
	errGone = errors.New("no such key")
	errDown = errors.New("500 internal error")
)

// goesWrong counts an operation.
func (w *wild) goesWrong() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	return w.bad > 0 && (w.n == w.bad || w.lasting && w.n > w.bad)
}

func (w *wild) ErrorCode(err error) gcerrors.ErrorCode {
	if errors.Is(err, errGone) {
		return gcerrors.NotFound
	}
	return gcerrors.Unknown
}

func (w *wild) ErrorAs(error, any) bool { return false }
func (w *wild) Close() error            { return nil }

func (w *wild) get(key string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, ok := w.objects[key]
	if !ok {
		return nil, errGone
	}
	return b, nil
}

func (w *wild) Attributes(_ context.Context, key string) (*driver.Attributes, error) {
	if w.goesWrong() {
		return nil, errDown
	}
	b, err := w.get(key)
	return &driver.Attributes{Size: int64(len(b)), ModTime: time.Now()}, err
}

func (w *wild) Delete(_ context.Context, key string, _ *driver.DeleteOptions) error {
	if w.goesWrong() {
		return errDown
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.objects, key)
	return nil
}

func (w *wild) ListPaged(_ context.Context, o *driver.ListOptions) (*driver.ListPage, error) {
	if w.goesWrong() {
		return nil, errDown
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	page := &driver.ListPage{}
	for _, key := range slices.Sorted(maps.Keys(w.objects)) {
		if strings.HasPrefix(key, o.Prefix) {
			page.Objects = append(page.Objects, &driver.ListObject{Key: key, Size: int64(len(w.objects[key]))})
		}
	}
	return page, nil
}

type wildReader struct {
	io.Reader
	attrs driver.ReaderAttributes
}

func (r *wildReader) Close() error                         { return nil }
func (r *wildReader) Attributes() *driver.ReaderAttributes { return &r.attrs }
func (r *wildReader) As(any) bool                          { return false }

func (w *wild) NewRangeReader(_ context.Context, key string, _, _ int64,
	_ *driver.ReaderOptions) (driver.Reader, error) {
	bad := w.goesWrong()
	b, err := w.get(key)
	if err != nil {
		return nil, err
	}
	r := &wildReader{Reader: bytes.NewReader(b), attrs: driver.ReaderAttributes{Size: int64(len(b))}}
	if bad {
		r.Reader = bytes.NewReader(b[:len(b)/2]) // and no error: the connection just ended
	}
	return r, nil
}

type wildWriter struct {
	bytes.Buffer
	w   *wild
	ctx context.Context
	key string
	bad bool
}

func (w *wild) NewTypedWriter(ctx context.Context, key, _ string, _ *driver.WriterOptions) (driver.Writer, error) {
	return &wildWriter{w: w, ctx: ctx, key: key, bad: w.goesWrong()}, nil
}

func (x *wildWriter) Write(p []byte) (int, error) {
	if x.bad {
		return len(p) / 2, syscall.ENOSPC
	}
	return x.Buffer.Write(p)
}

func (x *wildWriter) Close() error {
	if err := x.ctx.Err(); err != nil {
		return err
	}
	if x.bad {
		return errDown
	}
	x.w.mu.Lock()
	defer x.w.mu.Unlock()
	x.w.objects[x.key] = bytes.Clone(x.Bytes())
	return nil
}

// onWild runs the diamond on the bucket.
func onWild(t *testing.T, w *wild, dir string, depth float64) (*run.Run, error) {
	t.Helper()
	s, err := store.New(blob.NewBucket(w), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	home := newWorld(t)
	home.dir, home.store = dir, s
	return home.run(line(diamond(), withDepth(depth)))
}

// TestAStoreThatGoesWrongAtAnyMomentLosesNothing lets each operation of a run go
// wrong in turn, for once and for good: the run ends, its record is never half
// there, and the next run completes the work.
func TestAStoreThatGoesWrongAtAnyMomentLosesNothing(t *testing.T) {
	home := newWorld(t)
	home.write("in.txt", "1\n")
	calm := &wild{objects: map[string][]byte{}}
	want, err := onWild(t, calm, home.dir, 3)
	if err != nil {
		t.Fatal(err)
	}
	if calm.n < 20 {
		t.Fatalf("a run has only %d operations", calm.n)
	}
	failed := 0
	for _, lasting := range []bool{false, true} {
		for bad := 1; bad <= calm.n; bad++ {
			w := &wild{objects: map[string][]byte{}, bad: bad, lasting: lasting}
			first, err := onWild(t, w, home.dir, 3)
			if err != nil {
				failed++
			}
			if first != nil && first.Status == run.Running || err == nil && first.Status != run.Succeeded {
				t.Fatalf("operation %d: the run is %s with error %v", bad, first.Status, err)
			}
			w.bad = 0
			again, err := onWild(t, w, home.dir, 3)
			if err != nil || !maps.Equal(results(again), results(want)) {
				t.Fatalf("operation %d: the next run: %v, made %v, want %v", bad, err, results(again), results(want))
			}
		}
	}
	if failed < calm.n {
		t.Errorf("%d of %d runs failed, too few to prove anything", failed, 2*calm.n)
	}
}
