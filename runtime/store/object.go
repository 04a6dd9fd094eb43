package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// IsDigest reports whether text is written as a digest of this store:
// "sha256:" and 64 lower-case hexadecimal digits.
func IsDigest(text string) bool { return digestForm.MatchString(text) }

// objectKey is where the object with the digest is kept.
// Two hexadecimal digits make a folder, so that each has about a 256th of the
// objects. The digest is checked first: it may come from outside, and would
// otherwise choose the path.
func objectKey(digest string) (string, error) {
	if !IsDigest(digest) {
		return "", fmt.Errorf("object %q: want sha256: and 64 hexadecimal digits", digest)
	}
	h := digest[len("sha256:"):]
	return objectPrefix + h[:2] + "/" + h[2:], nil
}

// objectPrefix is what the keys of objects begin with.
const objectPrefix = "objects/sha256/"

// Put keeps everything that r yields and returns its digest and its size in
// bytes. An object that is there already, and whole, is left alone; a damaged
// one is replaced. After an error nothing is visible that was not before.
func (s *Store) Put(ctx context.Context, r io.Reader) (digest string, size int64, err error) {
	sp, err := newSpool(ctx, r, s.temp, s.folder != "")
	if err != nil {
		return "", 0, fmt.Errorf("store: %w", err)
	}
	defer func() { err = errors.Join(err, sp.Close()) }()
	key, err := objectKey(sp.digest)
	if err != nil {
		return "", 0, err
	}
	whole, err := s.whole(ctx, key, sp)
	if err != nil {
		return "", 0, fmt.Errorf("object %s: %w", sp.digest, err)
	}
	if !whole {
		if err := s.land(ctx, key, sp); err != nil {
			return "", 0, fmt.Errorf("object %s (%d bytes): %w", sp.digest, sp.size, err)
		}
	}
	return sp.digest, sp.size, nil
}

// whole reports whether the object is there with the right bytes. One that is
// gets young again first, so that no collection takes it from under the caller.
// It reads the object to its end, since a size alone proves nothing; the caller
// is about to name it as evidence. The order is renew, then read: an object that
// a collection took in between is then seen as missing and written again.
func (s *Store) whole(ctx context.Context, key string, sp *spool) (bool, error) {
	digest := sp.digest
	modified, size, err := s.modified(ctx, key)
	if err != nil || modified.IsZero() || size != sp.size {
		return false, err
	}
	if err := s.renewObject(ctx, key, modified, sp); err != nil {
		return false, err
	}
	r, err := s.Get(ctx, digest)
	if errors.Is(err, ErrNotFound) {
		return false, nil // deleted meanwhile
	}
	if err != nil {
		return false, err
	}
	_, err = io.Copy(io.Discard, r)
	err = errors.Join(err, r.Close())
	if errors.Is(err, ErrDamaged) {
		return false, nil
	}
	return err == nil, err
}

// Has reports whether an object with the digest is there. It does not read it.
func (s *Store) Has(ctx context.Context, digest string) (bool, error) {
	key, err := objectKey(digest)
	if err != nil {
		return false, err
	}
	ok, err := s.bucket.Exists(ctx, key)
	if err != nil {
		return false, fmt.Errorf("object %s: %w", digest, err)
	}
	return ok, nil
}

// Get opens the object. The reader recomputes the digest and yields a
// *DamagedError in place of io.EOF when it does not match, so a caller must
// read to the end before believing what it has read. A missing object is
// ErrNotFound.
func (s *Store) Get(ctx context.Context, digest string) (io.ReadCloser, error) {
	key, err := objectKey(digest)
	if err != nil {
		return nil, err
	}
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("object %s: %w", digest, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", digest, err)
	}
	return &verifier{Reader: r, sum: sha256.New(), digest: digest, file: s.file(key)}, nil
}

// GetBytes returns the whole, verified object, of at most limit bytes.
// A larger one is an error that does not depend on its content, and only limit+1
// bytes of it are read.
func (s *Store) GetBytes(ctx context.Context, digest string, limit int64) ([]byte, error) {
	r, err := s.Get(ctx, digest)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	// Size is what the bucket says and is bounded by limit, so a false one
	// cannot make a large allocation.
	if v, ok := r.(*verifier); ok {
		b.Grow(int(min(v.Size(), limit)) + bytes.MinRead) // read in place, not by doubling
	}
	_, err = b.ReadFrom(io.LimitReader(r, limit+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("object %s: %w", digest, err)
	}
	if int64(b.Len()) > limit {
		return nil, fmt.Errorf("object %s: more than the %d bytes that are expected of it", digest, limit)
	}
	return b.Bytes(), nil
}

// Delete removes the object, for instance one that is damaged. A missing
// object is no error.
func (s *Store) Delete(ctx context.Context, digest string) error {
	key, err := objectKey(digest)
	if err != nil {
		return err
	}
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("object %s: %w", digest, err)
	}
	return nil
}

// verifier hashes what passes through it and checks the sum at the end.
type verifier struct {
	*blob.Reader
	sum          hash.Hash
	digest, file string
}

// Read reads and hashes; at the end it returns io.EOF or a *DamagedError.
func (v *verifier) Read(p []byte) (int, error) {
	n, err := v.Reader.Read(p)
	v.sum.Write(p[:n])
	if errors.Is(err, io.EOF) {
		if found := "sha256:" + hex.EncodeToString(v.sum.Sum(nil)); found != v.digest {
			err = &DamagedError{Digest: v.digest, Found: found, File: v.file}
		}
	}
	return n, err
}

// WriteTo hides the embedded reader's, which would bypass the check.
// The struct hides v's own WriteTo from io.Copy, which would call it again.
func (v *verifier) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{v})
}
