package dataset

import (
	"context"
	"errors"
	"io"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Head returns about the first rows of a dataset, at most so many, as they
// read. Unlike ReadAll it does not judge them: what is no value of its column's
// type is missing.
//
// The reader is closed as soon as there are enough rows; it has read ahead by
// then, but not the whole dataset. A dataset without rows is an error here as
// in ReadAll.
func Head(ctx context.Context, ds plan.Dataset, opt Options, rows int) (*Frame, error) {
	opt.BatchRows = min(rows, DefaultBatchRows)
	r, err := Open(ctx, ds, opt)
	if err != nil {
		return nil, err
	}
	var frames []*Frame
	left := rows
	for left > 0 {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		if f.Rows > left {
			f = f.Select(firstRows(left))
		}
		frames = append(frames, f)
		left -= f.Rows
	}
	if err := r.Close(); err != nil || len(frames) == 0 {
		return &Frame{}, err
	}
	return concat(frames, true)
}

func firstRows(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
