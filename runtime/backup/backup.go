// Package backup copies a registry, its audit log and a store to another place, and
// puts them back.
//
// The place is a store of its own, a folder or a bucket that can be in another region.
// Everything is kept there under its digest: the objects, the values of references, and
// the rows of the registry as JSON lines. One reference a backup, its manifest, names
// all that belongs to it. So what is there already is not copied again, every backup is
// a whole one however little it copied, and a place that is written to every hour is
// the warm copy of a stack.
//
// A backup needs no standstill. It reads in the order references, registry, objects:
// whoever writes puts an object before anything names it, so what the first two name
// is there when objects are listed last. The registry is read in one transaction. What
// only retention deletes meanwhile is left out, as it would be a moment later. A version
// may be newer than the references: then its run is not on record, and nothing else.
//
// The manifest is written last. A backup that is killed before that is none, and the
// next one finds what it had copied. A restore writes the registry last, in one
// transaction: one that is killed is run again, and finds what it had put back.
//
// What a restore must not bring back is what was deleted on purpose. The audit log has
// a line for each deletion; a restore reads the logs of all backups of the place, the
// later ones too, and leaves out what they say was deleted after it was last put. What
// it puts back keeps its age, so that retention goes on where it was.
package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// sum is a digest as it is held in memory: a backup holds about 200 bytes an object.
type sum [sha256.Size]byte

// sumOf takes a digest that store.IsDigest has found to be one.
func sumOf(digest string) (out sum) {
	_, _ = hex.Decode(out[:], []byte(digest[len("sha256:"):])) // it is one
	return out
}

// String is the digest.
func (s sum) String() string { return "sha256:" + hex.EncodeToString(s[:]) }

// workers is how many objects are copied or verified at once.
const workers = 8

// Config is what a backup needs. Progress may be nil.
type Config struct {
	Place    *store.Store // where it is kept
	Store    *store.Store // of what
	Registry *registry.Registry
	Now      func() time.Time
	Progress Progress
}

// Progress is told how many objects are done, of how many. It is called by one
// goroutine at a time.
type Progress func(done, total int)

// Result says what a backup did.
type Result struct {
	ID        string `json:"id"`
	Digest    string `json:"digest"` // of the manifest
	*Manifest `json:"manifest"`
	// Copied are the objects that the place did not have.
	Copied      int   `json:"copied"`
	CopiedBytes int64 `json:"copied_bytes"`
}

// Make makes a backup. The error names every object that cannot be copied; there is no
// backup then, and what was copied is there for the next attempt.
func Make(ctx context.Context, cfg Config) (Result, error) {
	if err := cfg.check(ctx); err != nil {
		return Result{}, err
	}
	b := &making{Config: cfg, have: map[sum]int64{}, named: map[sum]bool{}}
	b.manifest = Manifest{Format: Format, At: cfg.Now().UTC().Truncate(time.Millisecond)}
	err := cfg.Place.WalkObjects(ctx, func(i store.Info) { b.have[sumOf(i.Name)] = i.Size })
	if err != nil {
		return Result{}, fmt.Errorf("place of backups: %w", err)
	}
	// The package's documentation says why in this order.
	for _, part := range []func(context.Context) error{b.references, b.registry, b.objects} {
		if err := part(ctx); err != nil {
			return Result{}, err
		}
	}
	out := Result{Manifest: &b.manifest, Copied: b.copied, CopiedBytes: b.copiedBytes}
	out.ID, out.Digest, err = b.manifest.put(ctx, cfg.Place)
	if err != nil {
		return Result{}, err
	}
	return out, b.complete(ctx, out.ID)
}

// check refuses a place that is no place of backups.
func (c Config) check(ctx context.Context) error {
	if f := c.Place.Folder(); f != "" && f == c.Store.Folder() {
		return fmt.Errorf("%s is the store itself: name another folder or bucket for backups", f)
	}
	return isPlace(ctx, c.Place)
}

// isPlace returns an error where a store has references of other kinds than backups.
func isPlace(ctx context.Context, place *store.Store) error {
	other := ""
	err := place.WalkRefs(ctx, func(i store.Info) {
		if !strings.HasPrefix(i.Name, prefix) {
			other = i.Name
		}
	})
	if err != nil {
		return fmt.Errorf("place of backups: %w", err)
	}
	if other != "" {
		return fmt.Errorf("the place of backups holds a stack's own state, such as reference %s: name a folder, bucket or prefix that is empty or has backups", other)
	}
	return nil
}

// making is a backup under way.
type making struct {
	Config
	manifest    Manifest
	have        map[sum]int64 // the place's objects, by digest: their size
	named       map[sum]bool  // what the manifest names, directly or not; true: seen at the end
	mu          sync.Mutex    // of what follows, and of named
	copied      int
	copiedBytes int64
}

// write makes a stream of the manifest.
func (b *making) write(name string) *writer {
	return newWriter(name, b.put)
}

// put keeps bytes in the place, where it does not have them.
func (b *making) put(ctx context.Context, content []byte) (string, error) {
	digest := plan.DigestBytes(content)
	b.mu.Lock()
	b.named[sumOf(digest)] = false
	b.mu.Unlock()
	if size, there := b.have[sumOf(digest)]; there && size == int64(len(content)) {
		return digest, nil
	}
	_, _, err := b.Place.Put(ctx, bytes.NewReader(content))
	return digest, err
}

// registry keeps the rows.
func (b *making) registry(ctx context.Context) error {
	var streams map[string]*writer
	snapshot, err := b.Registry.Export(ctx, func() {
		streams = map[string]*writer{}
		for _, table := range registry.Tables(0) {
			streams[table] = b.write(tablePrefix + table)
		}
	}, func(table string, line []byte) error { return streams[table].line(ctx, line) })
	if err != nil {
		return err
	}
	b.manifest.Registry = snapshot
	for _, table := range registry.Tables(snapshot.Schema) {
		s, err := streams[table].end(ctx)
		if err != nil {
			return err
		}
		b.manifest.Streams = append(b.manifest.Streams, s)
	}
	return nil
}

// complete looks once more whether everything is there. What the place had when this
// backup began, and no other backup needed, another process may have pruned meanwhile.
// A backup that lacks something is taken back.
func (b *making) complete(ctx context.Context, id string) error {
	missing := len(b.named)
	err := b.Place.WalkObjects(ctx, func(i store.Info) {
		if seen, ours := b.named[sumOf(i.Name)]; ours && !seen {
			b.named[sumOf(i.Name)] = true
			missing--
		}
	})
	if err == nil && missing > 0 {
		err = fmt.Errorf("%s went from the place of backups while this one was made: run it again",
			plan.Counted(missing, "object"))
	}
	if err != nil {
		return errors.Join(err, b.Place.DeleteRef(context.WithoutCancel(ctx), prefix+id))
	}
	return nil
}
