package store

import (
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/gcerrors"
)

// fullBucket is a bucket whose disk is full after so many bytes. What is not
// overridden is never called.
type fullBucket struct {
	driver.Bucket
	room     int
	closeErr error // what the last step, making the object visible, says
	landed   []string
}

type fullWriter struct {
	b   *fullBucket
	ctx context.Context
	key string
}

var errMissing = errors.New("missing")

func (b *fullBucket) ErrorCode(err error) gcerrors.ErrorCode {
	if errors.Is(err, errMissing) {
		return gcerrors.NotFound
	}
	return gcerrors.Unknown
}
func (b *fullBucket) ErrorAs(error, any) bool { return false }
func (b *fullBucket) Close() error            { return nil }
func (b *fullBucket) Attributes(context.Context, string) (*driver.Attributes, error) {
	return nil, errMissing
}
func (b *fullBucket) NewTypedWriter(ctx context.Context, key, _ string,
	_ *driver.WriterOptions) (driver.Writer, error) {
	return &fullWriter{b: b, ctx: ctx, key: key}, nil
}

func (w *fullWriter) Write(p []byte) (int, error) {
	if len(p) > w.b.room {
		return w.b.room, syscall.ENOSPC
	}
	w.b.room -= len(p)
	return len(p), nil
}

func (w *fullWriter) Close() error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if w.b.closeErr == nil {
		w.b.landed = append(w.b.landed, w.key)
	}
	return w.b.closeErr
}

func TestAFullDiskIsReportedAndNothingLands(t *testing.T) {
	for name, b := range map[string]*fullBucket{
		"while writing":       {room: 10},
		"at the very end":     {room: 1 << 20, closeErr: syscall.ENOSPC},
		"before the 1st byte": {room: 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := New(blob.NewBucket(b), Options{TempDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Put(t.Context(), strings.NewReader("more than ten bytes")); err == nil ||
				!strings.Contains(err.Error(), "no space left") {
				t.Errorf("put: %v", err)
			}
			if err := s.PutRef(t.Context(), "a", []byte("value")); err == nil ||
				!strings.Contains(err.Error(), "no space left") {
				t.Errorf("put a reference: %v", err)
			}
			if len(b.landed) > 0 {
				t.Errorf("half-written %v became visible", b.landed)
			}
		})
	}
}

func TestACancelledPutLandsNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	go func() {
		_, _ = w.Write([]byte("first"))
		cancel()
		_, _ = w.Write([]byte("second"))
		_ = w.Close()
	}()
	if _, _, err := s.Put(ctx, r); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	_ = r.Close()
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}
