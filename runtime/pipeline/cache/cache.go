// Package cache keeps what stages of pipelines have made under the digest of everything that it depends on, so that the
// same work is done once: by a run, by later runs, and by runs that are under way side by side in one process.
//
// A stage's key is a digest of its kind, the version of its code and its inputs. What changes none of them changes no
// result, and whatever does gives another key; so nothing kept here is ever out of date, and nothing needs to be
// invalidated. The cache knows neither what a stage is nor what its outputs mean.
package cache

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
)

// Refs is the part of a store that the cache uses: small values by their names, and whether an object is there.
type Refs interface {
	GetRef(ctx context.Context, name string) ([]byte, error)
	PutRef(ctx context.Context, name string, value []byte) error
	Has(ctx context.Context, digest string) (bool, error)
}

// Entry is what a stage has made, as later runs take it over. Its JSON is read by every later version of Ashlar.
type Entry struct {
	MadeAt  time.Time                    `json:"made_at"` // set by the cache
	Detail  string                       `json:"detail"`  // a line for people
	Outputs map[string]string            `json:"outputs"` // digests of objects in the store, or of data, by name
	Files   map[string]artifact.Artifact `json:"files,omitempty"`
	Deps    map[string]artifact.Artifact `json:"deps,omitempty"`
	Metrics map[string]float64           `json:"metrics,omitempty"`
	Log     string                       `json:"log,omitempty"` // digest of what a command printed
	// names of the outputs that are objects; set by the cache
	Objects []string `json:"objects"`
}

// Cache is safe for concurrent use.
type Cache struct {
	refs Refs
	now  func() time.Time

	mu    sync.Mutex
	under map[string]chan struct{} // by key: the work that is under way; closed when it has ended
}

// New keeps entries in refs, which must not be nil. The clock says when an entry was made.
func New(refs Refs, now func() time.Time) *Cache {
	return &Cache{refs: refs, now: now, under: map[string]chan struct{}{}}
}

// Key is the digest of everything that the result of a stage depends on: what kind of stage it is, the version of its
// code, and its inputs, values that are encodable as JSON, by their names.
func Key(kind string, version int, inputs map[string]any) (string, error) {
	return plan.DigestOf(map[string]any{"stage": kind, "version": version, "inputs": inputs})
}

// prefix is what the names of all refs of the cache begin with.
const prefix = "stages/"

// Ref is the name of the ref that an entry of the kind with the key is kept under.
func Ref(kind, key string) string { return prefix + kind + "/" + strings.TrimPrefix(key, "sha256:") }

// Get returns the entry that is kept. One that cannot be read, or whose objects are not all there, is not an entry: the
// stage runs again and makes them again.
func (c *Cache) Get(ctx context.Context, kind, key string) (Entry, bool) {
	b, err := c.refs.GetRef(ctx, Ref(kind, key))
	if err != nil {
		return Entry{}, false
	}
	var e Entry
	if plan.Unmarshal(b, &e) != nil {
		return Entry{}, false
	}
	for _, name := range e.Objects {
		if !c.has(ctx, e.Outputs[name]) {
			return Entry{}, false
		}
	}
	for _, a := range e.Files {
		if !c.has(ctx, a.Digest) {
			return Entry{}, false
		}
	}
	return e, true
}

// has reports whether the object is there for certain.
func (c *Cache) has(ctx context.Context, digest string) bool {
	ok, err := c.refs.Has(ctx, digest)
	return ok && err == nil
}

// Make has the work done and keeps what it made, whatever is kept already. The entry is the one that was kept, with the
// time at which it was. Of work that failed nothing is kept.
func (c *Cache) Make(ctx context.Context, kind, key string, work func() (Entry, error)) (Entry, error) {
	e, err := work()
	if err != nil {
		return Entry{}, err
	}
	e.MadeAt, e.Objects = c.now().UTC(), []string{}
	for name, digest := range e.Outputs {
		if c.has(ctx, digest) {
			e.Objects = append(e.Objects, name)
		}
	}
	slices.Sort(e.Objects)
	b, err := plan.Canonical(e)
	if err != nil {
		return Entry{}, fmt.Errorf("result of kind %s: %w", kind, err)
	}
	return e, c.refs.PutRef(ctx, Ref(kind, key), b)
}

// Once returns the entry that is kept, or has the work done and keeps what it made. Where the same work is under way in
// this process, it waits for that and takes its entry over; if that fails, it has the work done itself, since it may
// succeed here: a context, or the folder that a stage runs in, is another. kept says that the entry was taken over.
// While it waits, the end of ctx ends it with the context's cause; work of its own ends as work does.
func (c *Cache) Once(
	ctx context.Context, kind, key string, work func() (Entry, error),
) (e Entry, kept bool, err error) {
	if e, kept = c.Get(ctx, kind, key); kept {
		return e, true, nil
	}
	c.mu.Lock()
	done, taken := c.under[key]
	if !taken {
		done = make(chan struct{})
		c.under[key] = done
	}
	c.mu.Unlock()
	if !taken {
		defer c.end(key, done)
		e, err = c.Make(ctx, kind, key, work)
		return e, false, err
	}
	select {
	case <-done:
	case <-ctx.Done():
		return Entry{}, false, context.Cause(ctx)
	}
	if e, kept = c.Get(ctx, kind, key); kept {
		return e, true, nil
	}
	e, err = c.Make(ctx, kind, key, work)
	return e, false, err
}

// end takes the work away before those who wait for it hear of its end, so that none of them finds it once more.
func (c *Cache) end(key string, done chan struct{}) {
	c.mu.Lock()
	delete(c.under, key)
	c.mu.Unlock()
	close(done)
}
