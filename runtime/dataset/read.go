package dataset

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// ReadAll reads a whole dataset into one frame. Any problem is the error, a
// *SchemaError, and the frame is nil.
func ReadAll(ctx context.Context, ds plan.Dataset, opt Options) (*Frame, error) {
	r, err := Open(ctx, ds, opt)
	if err != nil {
		return nil, err
	}
	f, err := r.readAll()
	return f, errors.Join(err, r.Close())
}

// readAll keeps every frame until the end, since problems may come with the
// last one, and then joins them column by column. No frame is recycled: all are
// part of the result.
func (r *Reader) readAll() (*Frame, error) {
	var frames []*Frame
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		frames = append(frames, f)
	}
	if p := r.Problems(); p != nil {
		return nil, p
	}
	return concat(frames, true)
}

// Each calls fn for every frame, from that many goroutines (at least one), each
// of which passes its own number in [0, workers). A worker sees frames in
// increasing order of Offset but not every frame: what is merged must either
// commute or be put in order by Offset. Frames are recycled after fn returns.
// The first error ends the reading and is returned.
func (r *Reader) Each(ctx context.Context, workers int, fn func(worker int, f *Frame) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for w := range max(workers, 1) {
		group.Go(func() error {
			defer crash.Guard()
			for ctx.Err() == nil {
				f, err := r.Next()
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err == nil {
					err = fn(w, f)
				}
				if err != nil {
					return err
				}
				r.Recycle(f)
			}
			return ctx.Err()
		})
	}
	return group.Wait()
}
