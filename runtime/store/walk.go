package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// Info is what a listing says of an object or a reference.
type Info struct {
	Name     string    // the digest of an object, the name of a reference
	Size     int64     // in bytes; of a reference as it is kept, with its envelope
	Modified time.Time // when it was last put
}

// WalkObjects calls f for each object, one after the other, and holds none of them in
// memory. In a folder whose files come and go, f may be told of one more than once, or
// of one that is gone. Keys of any other form, left by other programs, are passed over.
func (s *Store) WalkObjects(ctx context.Context, f func(Info)) error {
	return s.walk(ctx, objectPrefix, func(o *blob.ListObject) {
		digest := "sha256:" + strings.ReplaceAll(strings.TrimPrefix(o.Key, objectPrefix), "/", "")
		if IsDigest(digest) {
			f(Info{Name: digest, Size: o.Size, Modified: o.ModTime})
		}
	})
}

// WalkRefs is WalkObjects for references.
func (s *Store) WalkRefs(ctx context.Context, f func(Info)) error {
	return s.walk(ctx, refPrefix, func(o *blob.ListObject) {
		if name, ok := strings.CutSuffix(strings.TrimPrefix(o.Key, refPrefix), refSuffix); ok {
			f(Info{Name: name, Size: o.Size, Modified: o.ModTime})
		}
	})
}

// walk is list without the list; see there for why it begins again.
func (s *Store) walk(ctx context.Context, prefix string, f func(*blob.ListObject)) error {
	for range listAttempts {
		it := s.bucket.List(&blob.ListOptions{Prefix: prefix})
		for {
			o, err := it.Next(ctx)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if gcerrors.Code(err) == gcerrors.NotFound && ctx.Err() == nil {
				break
			}
			if err != nil {
				return fmt.Errorf("list %s: %w", prefix, err)
			}
			f(o)
		}
	}
	return errors.New("files come and go too quickly to list them; try again")
}
