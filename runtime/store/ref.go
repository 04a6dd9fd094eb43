package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gocloud.dev/gcerrors"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Bounds on references, which are small by intent: what is large is an object.
const (
	MaxRefBytes   = 16 << 20
	maxRefName    = 512
	maxRefSegment = 160 // a file name's limit less fileblob's escapes and suffix
)

const (
	refPrefix = "refs/"
	refSuffix = ".ref"
	refMagic  = "ashlar-ref " // followed by the value's digest and a newline
)

// PutRef keeps value, usually JSON, under a name such as "runs/credit/7". The
// last writer wins; a reader sees the old value or the new one, never a mix.
// Names are slash-separated segments of printable characters.
//
// The value is kept behind a line with its digest, so that a reference, which has
// no digest in its name as objects do, can be verified by itself.
func (s *Store) PutRef(ctx context.Context, name string, value []byte) error {
	envelope, err := sealRef(name, value)
	if err != nil {
		return err
	}
	if err := s.write(ctx, refKey(name), bytes.NewReader(envelope)); err != nil {
		return fmt.Errorf("reference %s: %w", name, err)
	}
	return nil
}

// sealRef puts the value into its envelope, where name and value may be a reference's.
func sealRef(name string, value []byte) ([]byte, error) {
	if err := checkRefName(name); err != nil {
		return nil, err
	}
	if len(value) > MaxRefBytes {
		return nil, fmt.Errorf("reference %s: %d bytes, at most %d; keep it as an object and refer to its digest",
			name, len(value), MaxRefBytes)
	}
	return append([]byte(refMagic+plan.DigestBytes(value)+"\n"), value...), nil
}

// GetRef returns the value that was last put under the name. A missing one is
// ErrNotFound, one whose bytes were changed a *DamagedError.
//
// Getting counts as a use, for Collection.Forget. PeekRef does not.
func (s *Store) GetRef(ctx context.Context, name string) (value []byte, err error) {
	value, modified, err := s.readRef(ctx, name)
	if err != nil {
		return nil, err
	}
	s.renewRef(ctx, name, modified, value)
	return value, nil
}

// readRef reads a reference, and when it was last put.
func (s *Store) readRef(ctx context.Context, name string) (value []byte, modified time.Time, err error) {
	if err := checkRefName(name); err != nil {
		return nil, modified, err
	}
	r, err := s.bucket.NewReader(ctx, refKey(name), nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, modified, fmt.Errorf("reference %s: %w", name, ErrNotFound)
	}
	if err != nil {
		return nil, modified, fmt.Errorf("reference %s: %w", name, err)
	}
	modified = r.ModTime()
	// A bucket may hold what others wrote. 1 KiB more than the value is room for the
	// envelope's line; what is longer is cut, and so damaged.
	raw, err := io.ReadAll(io.LimitReader(r, MaxRefBytes+1024))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, modified, fmt.Errorf("reference %s: %w", name, err)
	}
	value, ok := openRef(raw)
	if !ok {
		return nil, modified, &DamagedError{Ref: name, Found: plan.DigestBytes(value), File: s.file(refKey(name))}
	}
	return value, modified, nil
}

// openRef takes the value out of its envelope, or reports that it is damaged.
// The value is returned in both cases, for the digest in the error.
func openRef(raw []byte) (value []byte, ok bool) {
	head, value, found := bytes.Cut(raw, []byte("\n"))
	return value, found && string(head) == refMagic+plan.DigestBytes(value)
}

// DeleteRef forgets the name. A missing one is no error.
func (s *Store) DeleteRef(ctx context.Context, name string) error {
	if err := checkRefName(name); err != nil {
		return err
	}
	if err := s.bucket.Delete(ctx, refKey(name)); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("reference %s: %w", name, err)
	}
	return nil
}

// ListRefs returns the names that begin with prefix, sorted. An empty prefix
// lists all.
func (s *Store) ListRefs(ctx context.Context, prefix string) ([]string, error) {
	if prefix != "" {
		// What may follow the prefix decides nothing: any name that begins so will do.
		if err := checkRefName(prefix + "x"); err != nil {
			return nil, err
		}
	}
	all, err := s.list(ctx, refPrefix+prefix)
	if err != nil {
		return nil, fmt.Errorf("references %s: %w", prefix, err)
	}
	names := []string{}
	for _, o := range all {
		if name, ok := strings.CutSuffix(strings.TrimPrefix(o.Key, refPrefix), refSuffix); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// refKey is where the reference is kept. The suffix keeps a name apart from a
// folder of the same name: "a" and "a/b" can both be references.
func refKey(name string) string { return refPrefix + name + refSuffix }

// checkRefName refuses names that could leave the folder of references, or
// that some bucket or file system cannot hold.
// Lengths are of bytes. fileblob escapes some characters, hence maxRefSegment well
// below the usual 255 of a file name.
func checkRefName(name string) error {
	say := func(why string) error { return fmt.Errorf("reference %q: %s", name, why) }
	if name == "" || len(name) > maxRefName {
		return say(fmt.Sprintf("a name has 1 to %d bytes", maxRefName))
	}
	if !utf8.ValidString(name) {
		return say("a name is valid UTF-8")
	}
	for _, c := range name {
		if c == '\\' || !unicode.IsGraphic(c) {
			return say(fmt.Sprintf("a name has printable characters and no backslash, not %q", c))
		}
	}
	segments := strings.Split(name, "/")
	for i, p := range segments {
		switch {
		case p == "" || p == "." || p == "..":
			return say(`a segment between slashes is not empty, "." or ".."`)
		case len(p) > maxRefSegment:
			return say(fmt.Sprintf("a segment between slashes has at most %d bytes", maxRefSegment))
		case i < len(segments)-1 && strings.HasSuffix(p, refSuffix):
			return say("a segment before a slash does not end in " + refSuffix)
		}
	}
	return nil
}
