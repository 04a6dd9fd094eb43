package store

import (
	"context"
	"errors"
	"io"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// listAttempts bounds how often a listing that met a vanishing file begins again.
const listAttempts = 50

// list returns what is under the prefix. A folder's listing errs where a file,
// another writer's temporary one for instance, goes while it is under way; then
// it begins again.
// An entry may be gone by the time it is used; callers treat NotFound as such.
func (s *Store) list(ctx context.Context, prefix string) (out []*blob.ListObject, err error) {
	for range listAttempts {
		out = out[:0]
		it := s.bucket.List(&blob.ListOptions{Prefix: prefix})
		for {
			o, err := it.Next(ctx)
			if errors.Is(err, io.EOF) {
				return out, nil
			}
			if gcerrors.Code(err) == gcerrors.NotFound && ctx.Err() == nil {
				break
			}
			if err != nil {
				return nil, err
			}
			out = append(out, o)
		}
	}
	return nil, errors.New("files come and go too quickly to list them; try again")
}
