package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"gocloud.dev/blob"
)

// agedKey is the metadata by which a bucket's object says that it is older than its
// file: it was put back from a backup. Whatever writes it again drops that.
const agedKey = "ashlar-modified"

// PutAged keeps what r yields as the object with the digest, as last put at the time:
// a dataset's retention goes by that, and must not begin anew because an object was
// restored. Other bytes than the digest's are an error, and nothing is kept then. An
// object that is there already is written again.
//
// Collections go by the time of the writing in a bucket, so that one that was just
// restored is not taken for old before something names it.
func (s *Store) PutAged(ctx context.Context, digest string, r io.Reader, modified time.Time) (err error) {
	key, err := objectKey(digest)
	if err != nil {
		return err
	}
	sp, err := newSpool(ctx, r, s.temp, s.folder != "")
	if err != nil {
		return fmt.Errorf("object %s: %w", digest, err)
	}
	defer func() { err = errors.Join(err, sp.Close()) }()
	if sp.digest != digest {
		return fmt.Errorf("object %s: the bytes that were to be put have the digest %s", digest, sp.digest)
	}
	if s.folder != "" {
		err = s.land(ctx, key, sp)
	} else {
		err = s.writeAged(ctx, key, sp.reader(), modified)
	}
	if err == nil {
		err = s.setAge(key, modified)
	}
	if err != nil {
		return fmt.Errorf("object %s: %w", digest, err)
	}
	return nil
}

// PutRefAged is PutRef of a value that was last put at the time.
func (s *Store) PutRefAged(ctx context.Context, name string, value []byte, modified time.Time) error {
	envelope, err := sealRef(name, value)
	if err == nil {
		err = s.writeAged(ctx, refKey(name), bytes.NewReader(envelope), modified)
	}
	if err == nil {
		err = s.setAge(refKey(name), modified)
	}
	if err != nil {
		return fmt.Errorf("reference %s: %w", name, err)
	}
	return nil
}

// writeAged is write, with the time beside what is written.
func (s *Store) writeAged(ctx context.Context, key string, r io.Reader, modified time.Time) error {
	if s.folder != "" {
		return s.write(ctx, key, r) // a folder has no metadata, and needs none
	}
	return s.writeWith(ctx, key, r, map[string]string{agedKey: modified.UTC().Format(time.RFC3339Nano)})
}

// setAge gives a folder's file the time.
func (s *Store) setAge(key string, modified time.Time) error {
	if s.folder == "" {
		return nil
	}
	return os.Chtimes(s.file(key), modified, modified)
}

// putAt is when what the attributes are of was last put: when it was written, or
// before that, if it was restored.
func putAt(a *blob.Attributes) time.Time {
	if at, err := time.Parse(time.RFC3339Nano, a.Metadata[agedKey]); err == nil && at.Before(a.ModTime) {
		return at
	}
	return a.ModTime
}

// SetAge says of an object in a folder that it was last put at the time. In a bucket
// PutAged alone can say that, in one step with the bytes; it has done so or not at all.
func (s *Store) SetAge(digest string, modified time.Time) error {
	key, err := objectKey(digest)
	if err != nil {
		return err
	}
	if err := s.setAge(key, modified); err != nil {
		return fmt.Errorf("object %s: %w", digest, err)
	}
	return nil
}
