package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"gocloud.dev/gcerrors"
)

// DefaultGrace is how old an object must be before it can be collected. It has
// to be longer than any stage runs: what a stage has put is named by no
// reference until it ends.
const DefaultGrace = 24 * time.Hour

// Collection says what may go.
type Collection struct {
	Roots  []string      // digests that others hold, a registry's for instance
	Grace  time.Duration // 0: DefaultGrace
	DryRun bool
	Now    func() time.Time
	// Forget are prefixes of references that are dropped once they have not been
	// used for so long; a reference is used when it is put or got.
	Forget map[string]time.Duration
	// Progress is told now and then how many objects have been looked at.
	Progress func(objects int)
}

// Collected is the result of a collection.
type Collected struct {
	Objects      int   `json:"objects"` // that are there, before
	Bytes        int64 `json:"bytes"`
	Reachable    int   `json:"reachable"`
	Young        int   `json:"young"` // unreachable, but within the grace period
	Removed      int   `json:"removed"`
	RemovedBytes int64 `json:"removed_bytes"`
	Forgotten    int   `json:"forgotten"` // references
}

// Collect removes the objects that no reference, root or reachable object names
// and that are older than the grace period. It is safe while others read and
// write, and when it is killed, for four reasons: an object that a running stage
// has just put is young; Put makes one that is there already young again before
// it relies on it; whatever a reference named when the marking began is kept,
// and a reference made since names objects that are young; and just before an
// object goes its age is looked at once more. Two collections at once are as
// good as one.
//
// The digests that count are all that are in a reference's value or in a
// reachable JSON object, wherever they are.
//
// The order is forget, mark, sweep: marking after forgetting means that what only
// forgotten references named can go in the same run. An error in marking ends it
// before any object is removed, as a reference that was not read could name any.
// All reachable digests are held in memory, about 100 bytes each.
func (s *Store) Collect(ctx context.Context, c Collection) (Collected, error) {
	if c.Grace <= 0 {
		c.Grace = DefaultGrace
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Progress == nil {
		c.Progress = func(int) {}
	}
	var out Collected
	var err error
	if out.Forgotten, err = s.forget(ctx, c); err != nil {
		return out, err
	}
	reachable, err := s.mark(ctx, c.Roots)
	if err != nil {
		return out, err
	}
	out.Reachable = len(reachable)
	return out, s.sweepObjects(ctx, c, reachable, &out)
}

// forget drops references that have not been used for long.
// A reference that is renewed between the look at its age and its deletion is
// lost; references that may be forgotten are caches, which are made again.
func (s *Store) forget(ctx context.Context, c Collection) (int, error) {
	n := 0
	for prefix, age := range c.Forget {
		all, err := s.list(ctx, refPrefix+prefix)
		if err != nil {
			return n, fmt.Errorf("references %s: %w", prefix, err)
		}
		for _, o := range all {
			if c.Now().Sub(o.ModTime) < age || !strings.HasSuffix(o.Key, refSuffix) {
				continue
			}
			n++
			if c.DryRun {
				continue
			}
			if err := s.bucket.Delete(ctx, o.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
				return n, fmt.Errorf("reference %s: %w", o.Key, err)
			}
		}
	}
	return n, nil
}

var digestIn = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

// maxFollowed bounds a JSON object that is read for digests. Larger ones are
// data.
const maxFollowed = 64 << 20

// mark returns the digests of everything that can be reached.
// It walks the graph depth first with a list of its own, not by recursion: chains
// of runs may be long. Every digest is followed once.
func (s *Store) mark(ctx context.Context, roots []string) (map[string]bool, error) {
	names, err := s.ListRefs(ctx, "")
	if err != nil {
		return nil, err
	}
	reachable := map[string]bool{}
	var todo []string
	add := func(digest string) {
		if !reachable[digest] {
			reachable[digest] = true
			todo = append(todo, digest)
		}
	}
	for _, root := range roots {
		add(root)
	}
	for _, name := range names {
		value, err := s.GetRef(ctx, name)
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrDamaged) {
			continue // deleted meanwhile, or naming nothing that can be trusted
		}
		if err != nil {
			return nil, err
		}
		for _, d := range digestIn.FindAll(value, -1) {
			add(string(d))
		}
	}
	for len(todo) > 0 {
		digest := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if err := s.follow(ctx, digest, add); err != nil {
			return nil, err
		}
	}
	return reachable, nil
}

// follow adds the digests that are in the object, where it is JSON.
// Objects are searched for digests as text, whatever their schema: a new kind of
// report needs no change here, and keeping too much is the safe error. Only
// objects that begin like a JSON object or array are read beyond the first byte.
func (s *Store) follow(ctx context.Context, digest string, add func(string)) (err error) {
	r, err := s.Get(ctx, digest)
	if errors.Is(err, ErrNotFound) {
		return nil // a digest of data, or of something long gone
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	in := bufio.NewReader(io.LimitReader(r, maxFollowed))
	if first, err := in.Peek(1); err != nil || first[0] != '{' && first[0] != '[' {
		return nil //nolint:nilerr // an empty object names nothing; one that cannot be read is told of where it is used
	}
	b, err := io.ReadAll(in)
	// What is readable of a damaged object still names what must stay.
	if err != nil && !errors.Is(err, ErrDamaged) {
		return err
	}
	for _, d := range digestIn.FindAll(b, -1) {
		add(string(d))
	}
	return nil
}

// sweepObjects removes what is unreachable and old, and counts all objects into
// out. Keys of any other form, left by other programs, are not touched.
func (s *Store) sweepObjects(ctx context.Context, c Collection, reachable map[string]bool, out *Collected) error {
	all, err := s.list(ctx, objectPrefix)
	if err != nil {
		return fmt.Errorf("objects: %w", err)
	}
	for _, o := range all {
		digest := "sha256:" + strings.ReplaceAll(strings.TrimPrefix(o.Key, objectPrefix), "/", "")
		if !IsDigest(digest) {
			continue
		}
		out.Objects++
		out.Bytes += o.Size
		if out.Objects%1000 == 0 {
			c.Progress(out.Objects)
		}
		switch {
		case reachable[digest]:
		case c.Now().Sub(o.ModTime) < c.Grace:
			out.Young++
		default:
			gone, err := c.DryRun, error(nil)
			if !c.DryRun {
				gone, err = s.removeOld(ctx, o.Key, c)
			}
			if err != nil {
				return fmt.Errorf("object %s: %w", digest, err)
			}
			if gone {
				out.Removed++
				out.RemovedBytes += o.Size
			} else {
				out.Young++
			}
		}
	}
	return nil
}

// removeOld removes the object unless somebody has made it young since.
// It reports whether the object is gone. In a bucket the look and the deletion are
// two calls; Put renews an object before it reads it, and reads it after, so what
// goes in between is noticed and written again.
func (s *Store) removeOld(ctx context.Context, key string, c Collection) (bool, error) {
	attrs, err := s.bucket.Attributes(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return true, nil
	}
	if err != nil || c.Now().Sub(putAt(attrs)) < c.Grace {
		return false, err
	}
	if s.folder != "" {
		return s.removeFile(key, c)
	}
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return false, err
	}
	return true, nil
}
