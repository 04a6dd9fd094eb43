package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// entry is a line of the stream of objects, or of references.
type entry struct {
	Name     string    `json:"name,omitempty"` // of a reference
	Digest   string    `json:"digest"`         // of the object, or of the reference's value
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"` // when it was last put
}

// line is the entry as it is kept.
func (e entry) line() ([]byte, error) { return plan.Canonical(e) }

// entryOf reads a line.
func entryOf(line []byte, reference bool) (e entry, err error) {
	if err := plan.Unmarshal(line, &e); err != nil {
		return e, err
	}
	if !store.IsDigest(e.Digest) || e.Size < 0 || (e.Name != "") != reference {
		return e, fmt.Errorf("%.200q names no object or reference", line)
	}
	return e, nil
}

// batch is how many references are read before their lines are written: their values may
// have 16 MiB each, and each is let go once it is in the place.
const batch = 256

// references copies the references. One that goes meanwhile is left out.
func (b *making) references(ctx context.Context) error {
	var all []store.Info
	if err := b.Store.WalkRefs(ctx, func(i store.Info) { all = append(all, i) }); err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b store.Info) int { return strings.Compare(a.Name, b.Name) })
	all = slices.CompactFunc(all, func(a, b store.Info) bool { return a.Name == b.Name })
	w := b.write(referenceStream)
	for part := range slices.Chunk(all, batch) {
		entries, err := b.values(ctx, part)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Digest == "" {
				continue
			}
			line, err := e.line()
			if err == nil {
				err = w.line(ctx, line)
			}
			if err != nil {
				return err
			}
		}
	}
	s, err := w.end(ctx)
	b.manifest.Streams = append(b.manifest.Streams, s)
	return err
}

// values copies the values of some references, several at once.
func (b *making) values(ctx context.Context, refs []store.Info) ([]entry, error) {
	out := make([]entry, len(refs))
	err := each(ctx, len(refs), func(ctx context.Context, i int) error {
		value, err := b.Store.PeekRef(ctx, refs[i].Name)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		digest, err := b.put(ctx, value)
		out[i] = entry{Name: refs[i].Name, Digest: digest, Size: int64(len(value)), Modified: refs[i].Modified.UTC()}
		return err
	})
	return out, err
}

// objects copies what the place does not have, and lists what there is.
func (b *making) objects(ctx context.Context) error {
	type facts struct {
		size     int64
		modified time.Time
	}
	all := map[sum]facts{}
	err := b.Store.WalkObjects(ctx, func(i store.Info) { all[sumOf(i.Name)] = facts{i.Size, i.Modified.UTC()} })
	if err != nil {
		return err
	}
	order := make([]sum, 0, len(all))
	for digest := range all {
		order = append(order, digest)
	}
	slices.SortFunc(order, func(a, b sum) int { return slices.Compare(a[:], b[:]) })
	gone, err := b.copy(ctx, order, func(s sum) int64 { return all[s].size })
	if err != nil {
		return err
	}
	w := b.write(objectStream)
	for _, digest := range order {
		if gone[digest] {
			continue
		}
		f := all[digest]
		line, err := entry{Digest: digest.String(), Size: f.size, Modified: f.modified}.line()
		if err == nil {
			err = w.line(ctx, line)
		}
		if err != nil {
			return err
		}
		b.named[digest] = false
		b.manifest.ObjectBytes += f.size
	}
	s, err := w.end(ctx)
	b.manifest.Streams = append(b.manifest.Streams, s)
	return err
}

// copy copies the objects that the place does not have, and returns those that went
// meanwhile. Each is verified as it is read, and is not kept where it is damaged.
func (b *making) copy(ctx context.Context, order []sum, size func(sum) int64) (map[sum]bool, error) {
	gone, done := map[sum]bool{}, 0
	err := each(ctx, len(order), func(ctx context.Context, i int) error {
		digest, copied := order[i], false
		have, there := b.have[digest] // nobody writes it any more
		var err error
		if !there || have != size(digest) {
			copied = true
			err = b.one(ctx, digest.String())
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		done++
		if b.Progress != nil {
			b.Progress(done, len(order))
		}
		if errors.Is(err, store.ErrNotFound) {
			gone[digest] = true
			return nil
		}
		if err == nil && copied {
			b.copied++
			b.copiedBytes += size(digest)
		}
		return err
	})
	return gone, err
}

// one copies an object.
func (b *making) one(ctx context.Context, digest string) error {
	r, err := b.Store.Get(ctx, digest)
	if err != nil {
		return err
	}
	_, _, err = b.Place.Put(ctx, r)
	return errors.Join(err, r.Close())
}

// maxProblems is how many errors are told of: where a network is gone, every object has one.
const maxProblems = 50

// each calls f with every number below n, several at once, and returns all errors. Once
// there are maxProblems, or the context is done, it begins no more.
func each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	var mu sync.Mutex
	var problems []error
	enough := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(problems) >= maxProblems || ctx.Err() != nil
	}
	group := errgroup.Group{}
	group.SetLimit(workers)
	for i := 0; i < n && !enough(); i++ {
		group.Go(func() error {
			defer crash.Guard()
			if err := f(ctx, i); err != nil {
				mu.Lock()
				defer mu.Unlock()
				problems = append(problems, err)
			}
			return nil
		})
	}
	_ = group.Wait() // nothing returns an error
	if err := ctx.Err(); err != nil {
		return err // the others follow from it
	}
	return errors.Join(problems...)
}
