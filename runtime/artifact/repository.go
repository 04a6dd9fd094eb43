package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Repository is where the files are that people wrote: a blueprint's folder,
// or in a cluster what of it was brought there. A path is looked up in each
// place in turn.
type Repository struct {
	places []place
}

// place is one folder or bucket.
type place interface {
	// files lists the file at the path, or the files of the folder there, by
	// paths relative to it; "" is the file itself. None is a *MissingError.
	files(ctx context.Context, path string) ([]found, error)
}

// found is a file that can be read.
type found struct {
	rel  string
	open func(context.Context) (io.ReadCloser, error)
}

// NewRepository looks files up in the folders or blob URLs, in their order.
// Empty ones are left out. Close closes what it opened.
func NewRepository(ctx context.Context, locations ...string) (*Repository, error) {
	r := &Repository{}
	for _, at := range locations {
		if at == "" {
			continue
		}
		p, err := newPlace(ctx, at)
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		r.places = append(r.places, p)
	}
	return r, nil
}

// newPlace tells a URL from a path by "://".
func newPlace(ctx context.Context, at string) (place, error) {
	if strings.Contains(at, "://") {
		return openBucket(ctx, at)
	}
	abs, err := filepath.Abs(at)
	return folder(abs), err
}

// Close closes the buckets.
func (r *Repository) Close() error {
	var problems []error
	for _, p := range r.places {
		if c, ok := p.(io.Closer); ok {
			problems = append(problems, c.Close())
		}
	}
	return errors.Join(problems...)
}

// files looks in each place until one has the path. An error other than "missing"
// ends the search: a place that cannot be read might have it, and a later one must
// not be used instead without notice.
func (r *Repository) files(ctx context.Context, path string) ([]found, error) {
	for _, p := range r.places {
		all, err := p.files(ctx, path)
		if err == nil || !IsMissing(err) {
			return all, err
		}
	}
	return nil, &MissingError{path}
}

// Digest returns the digest under which the store would have what is at the
// path.
// It reads every file; MD5 is not computed.
func (r *Repository) Digest(ctx context.Context, path string) (string, error) {
	a, err := r.stat(ctx, path, false)
	return a.Digest, err
}

// Stat returns the artifact that Keep would make of the path, without keeping
// anything.
func (r *Repository) Stat(ctx context.Context, path string) (Artifact, error) {
	return r.stat(ctx, path, true)
}

// stat computes the artifact; dvc asks for the MD5 too, which costs as much again.
func (r *Repository) stat(ctx context.Context, path string, dvc bool) (Artifact, error) {
	all, err := r.files(ctx, path)
	if err != nil {
		return Artifact{}, err
	}
	var entries []Entry
	for _, f := range all {
		e, err := digest(ctx, f, dvc)
		if err != nil {
			return Artifact{}, fmt.Errorf("%s: %w", path, err)
		}
		if f.rel == "" {
			return Artifact{Digest: e.Digest, MD5: e.MD5, Size: e.Size}, nil
		}
		entries = append(entries, e)
	}
	a, list, err := treeOf(entries)
	a.Digest = plan.DigestBytes([]byte(list))
	return a, err
}

// digest reads a file to its end and returns its entry.
func digest(ctx context.Context, f found, dvc bool) (e Entry, err error) {
	in, err := f.open(ctx)
	if err != nil {
		return e, err
	}
	all := sha256.New()
	e.Path = f.rel
	if sum := newMD5Reader(in); dvc {
		e.Size, err = io.Copy(all, sum)
		e.MD5 = sum.text()
	} else {
		e.Size, err = io.Copy(all, in)
	}
	e.Digest = "sha256:" + hex.EncodeToString(all.Sum(nil))
	return e, errors.Join(err, in.Close())
}

// Lay copies the path to dest, which must not be there.
//
// It verifies nothing, as no digest is known: callers compare with Digest where it
// matters. After an error a part may be at dest.
func (r *Repository) Lay(ctx context.Context, path, dest string) error {
	all, err := r.files(ctx, path)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(f found) bool { return f.rel == "" }) {
		if err := os.MkdirAll(dest, 0o755); err != nil {
			return err
		}
	}
	for _, f := range all {
		in, err := f.open(ctx)
		if err != nil {
			return err
		}
		err = writeFile(in, filepath.Join(dest, filepath.FromSlash(f.rel)))
		if err := errors.Join(err, in.Close()); err != nil {
			return err
		}
	}
	return nil
}
