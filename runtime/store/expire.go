package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Expire removes the object where it was last put longer ago than the age, and
// reports whether it did, and its size. One that is not there is no error.
//
// Unlike Collect it does not ask whether anything names the object: a dataset's
// retention ends also for data that a model was trained on. A text that is not a
// digest names no object.
func (s *Store) Expire(ctx context.Context, digest string, age time.Duration, now func() time.Time,
	dryRun bool) (gone bool, size int64, err error) {
	if !IsDigest(digest) {
		return false, 0, nil
	}
	key, err := objectKey(digest)
	if err != nil {
		return false, 0, err
	}
	modified, size, err := s.modified(ctx, key)
	if err != nil || modified.IsZero() || now().Sub(modified) < age {
		return false, 0, err
	}
	if dryRun {
		return true, size, nil
	}
	gone, err = s.removeOld(ctx, key, Collection{Grace: age, Now: now})
	if err != nil {
		return false, 0, fmt.Errorf("object %s: %w", digest, err)
	}
	return gone, size, nil
}

// OldRefs returns the names that begin with prefix and were last put longer ago
// than the age.
// It reads no reference, so none becomes young by it. In a bucket, one that is too young
// by the listing is looked at by itself: it may have been restored from a backup.
func (s *Store) OldRefs(ctx context.Context, prefix string, age time.Duration, now func() time.Time) ([]string, error) {
	all, err := s.list(ctx, refPrefix+prefix)
	if err != nil {
		return nil, fmt.Errorf("references %s: %w", prefix, err)
	}
	var out []string
	for _, o := range all {
		name, ok := strings.CutSuffix(strings.TrimPrefix(o.Key, refPrefix), refSuffix)
		if !ok {
			continue
		}
		at := o.ModTime
		if s.folder == "" && now().Sub(at) < age {
			if at, _, err = s.modified(ctx, o.Key); err != nil {
				return nil, fmt.Errorf("reference %s: %w", name, err)
			}
		}
		if !at.IsZero() && now().Sub(at) >= age {
			out = append(out, name)
		}
	}
	return out, nil
}

// PeekRef is GetRef that does not count as a use: what is only looked at grows
// old all the same.
func (s *Store) PeekRef(ctx context.Context, name string) (value []byte, err error) {
	value, _, err = s.readRef(ctx, name)
	return value, err
}
