package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/origin"
)

// Digest returns "sha256:" and the hexadecimal SHA-256 over the names and bytes
// of the dataset's files, in the order of the names. Names count from the last
// folder that the source names without a wildcard, so that the digest survives
// a move of the folder. Compressed files count as they are stored.
func Digest(ctx context.Context, ds plan.Dataset, opt Options) (string, error) {
	digest, _, err := Measure(ctx, ds, opt)
	return digest, err
}

// Measure returns Digest's result, and the size of all files together in bytes, as
// they are stored.
func Measure(ctx context.Context, ds plan.Dataset, opt Options) (digest string, total int64, err error) {
	src, err := origin.Resolve(ctx, ds.Source, opt.withDefaults().where())
	if err != nil {
		return "", 0, err
	}
	sum := sha256.New()
	for _, f := range src.Files {
		size, own, err := digestFile(ctx, f)
		if err != nil {
			return "", 0, errors.Join(err, src.Close())
		}
		total += size
		// The line is unambiguous: the name is quoted, and size and sum hold no
		// space.
		fmt.Fprintf(sum, "%q %d %s\n", f.Name, size, own)
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), total, src.Close()
}

// digestFile reads the file through once and returns its size as read, not as
// listed, which may have changed since.
func digestFile(ctx context.Context, f origin.File) (size int64, sum string, err error) {
	in, err := f.Open(ctx)
	if err != nil {
		return 0, "", fmt.Errorf("%s: %w", f.Path, err)
	}
	h := sha256.New()
	size, err = io.CopyBuffer(h, contextReader{ctx, in}, make([]byte, 256<<10))
	if err = errors.Join(err, in.Close()); err != nil {
		return 0, "", fmt.Errorf("%s: %w", f.Path, err)
	}
	return size, hex.EncodeToString(h.Sum(nil)), nil
}

// contextReader stops reading when its context is done.
type contextReader struct {
	ctx context.Context //nolint:containedctx // io.Reader has no place for one
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
