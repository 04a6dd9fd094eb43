package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Target is what a restore fills. ID is the beginning of a backup's ID; "": the newest.
type Target struct {
	Place    *store.Store
	ID       string
	Store    *store.Store
	Registry *registry.Registry // opened as its owner
	Progress Progress
}

// Restored says what a restore did.
type Restored struct {
	ID        string `json:"id"`
	*Manifest `json:"manifest"`
	// Written are the objects that were not there yet.
	Written int `json:"written"`
	// LeftOut are objects and references that are in the backup and were deleted on
	// purpose after they had last been put.
	LeftOut []string `json:"left_out"`
	// RegistryKept: the registry had gone on from the backup's, and was left as it is.
	RegistryKept bool `json:"registry_kept"`
}

// NotEmptyError says that a store which was to be filled has something already that
// is not of the backup.
type NotEmptyError struct {
	Objects, References int
	Example             string // one of them
}

// Error says how many, and what to do.
func (e *NotEmptyError) Error() string {
	return fmt.Sprintf("the store is not empty; it has %s and %s that the backup does not have, such as %s: restore to an empty folder or bucket",
		plan.Counted(e.Objects, "object"), plan.Counted(e.References, "reference"), e.Example)
}

// Restore fills an empty store and an empty registry with a backup. A registry whose log
// goes on from the backup's is kept: it is of the same stack, whose store alone was lost,
// or of stacks that share it, of which another was restored. It writes objects first,
// then references, then the registry, whose audit log is verified before it is kept. A
// restore that was killed is run again. Each digest is verified before the bytes are
// used, or where they are there already, before they are relied on. In the end, what is
// there is compared with the manifest, the registry's rows by their digest.
func Restore(ctx context.Context, t Target) (Restored, error) {
	id, m, err := find(ctx, t.Place, t.ID)
	if err != nil {
		return Restored{}, err
	}
	r := &restoring{Target: t, manifest: m}
	out := Restored{ID: id, Manifest: m, LeftOut: []string{}}
	if err := r.empty(ctx); err != nil {
		return out, err
	}
	if r.forgotten, err = forgotten(ctx, t.Place); err != nil {
		return out, err
	}
	for _, part := range []func(context.Context) error{r.objects, r.references, r.rows, r.compare} {
		if err := part(ctx); err != nil {
			return out, fmt.Errorf("backup %s: %w", id, err)
		}
	}
	out.Written, out.LeftOut, out.RegistryKept = r.written, append(out.LeftOut, r.leftOut...), r.kept
	return out, nil
}

// restoring is a restore under way.
type restoring struct {
	Target
	manifest  *Manifest
	forgotten map[string]time.Time
	have      map[sum]int64 // objects that were there before
	mu        sync.Mutex
	written   int
	leftOut   []string
	kept      bool // the registry, which is a later one of the same log
}

// empty returns an error where something is there that the backup does not have.
func (r *restoring) empty(ctx context.Context) error {
	var problems []error
	problems = append(problems, r.Registry.Continues(ctx, r.manifest.Registry.Log))
	r.have = map[sum]int64{}
	refs := map[string]bool{}
	problems = append(problems,
		r.Store.WalkObjects(ctx, func(i store.Info) { r.have[sumOf(i.Name)] = i.Size }),
		r.Store.WalkRefs(ctx, func(i store.Info) { refs[i.Name] = true }))
	left := make(map[sum]bool, len(r.have))
	for digest := range r.have {
		left[digest] = true
	}
	if len(left) > 0 {
		problems = append(problems, r.entries(ctx, objectStream, func(e entry) { delete(left, sumOf(e.Digest)) }))
	}
	if len(refs) > 0 {
		problems = append(problems, r.entries(ctx, referenceStream, func(e entry) { delete(refs, e.Name) }))
	}
	found := NotEmptyError{Objects: len(left), References: len(refs)}
	for name := range refs {
		found.Example = "reference " + name
	}
	for digest := range left {
		found.Example = "object " + digest.String()
	}
	if found.Example != "" {
		problems = append(problems, &found)
	}
	return errors.Join(problems...)
}

// entries calls f with each entry of the stream.
func (r *restoring) entries(ctx context.Context, name string, f func(entry)) error {
	return r.manifest.entries(ctx, r.Place, name, f)
}

func (m *Manifest) entries(ctx context.Context, place *store.Store, name string, f func(entry)) error {
	return m.stream(name).lines(ctx, place, func(line []byte) error {
		e, err := entryOf(line, name == referenceStream)
		if err == nil {
			f(e)
		}
		return err
	})
}

// stays reports whether the entry is to be restored.
func (r *restoring) stays(e entry, name string) bool {
	at, deleted := r.forgotten[name]
	if !deleted || at.Before(e.Modified) {
		return true
	}
	r.leftOut = append(r.leftOut, name)
	return false
}

// objects puts back the objects that are not there.
func (r *restoring) objects(ctx context.Context) error {
	var all []entry
	err := r.entries(ctx, objectStream, func(e entry) {
		if r.stays(e, e.Digest) {
			all = append(all, e)
		}
	})
	if err != nil {
		return err
	}
	done := 0
	return each(ctx, len(all), func(ctx context.Context, i int) error {
		wrote, err := r.object(ctx, all[i])
		r.mu.Lock()
		defer r.mu.Unlock()
		done++
		if wrote {
			r.written++
		}
		if r.Progress != nil {
			r.Progress(done, len(all))
		}
		return err
	})
}

// object puts back one object, unless it is there and whole.
func (r *restoring) object(ctx context.Context, e entry) (wrote bool, err error) {
	if size, there := r.have[sumOf(e.Digest)]; there && size == e.Size {
		err := verify(ctx, r.Store, e.Digest)
		if err == nil {
			return false, r.Store.SetAge(e.Digest, e.Modified)
		}
		if !errors.Is(err, store.ErrDamaged) {
			return false, err
		}
	}
	in, err := r.Place.Get(ctx, e.Digest)
	if err != nil {
		return false, err
	}
	err = r.Store.PutAged(ctx, e.Digest, in, e.Modified)
	return true, errors.Join(err, in.Close())
}

// verify reads the object to its end.
func verify(ctx context.Context, s *store.Store, digest string) error {
	in, err := s.Get(ctx, digest)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return errors.Join(err, in.Close())
}

// references puts back the references, whether they are there or not: they are small.
func (r *restoring) references(ctx context.Context) error {
	var all []entry
	err := r.entries(ctx, referenceStream, func(e entry) {
		if r.stays(e, e.Name) {
			all = append(all, e)
		}
	})
	if err != nil {
		return err
	}
	return each(ctx, len(all), func(ctx context.Context, i int) error {
		value, err := r.Place.GetBytes(ctx, all[i].Digest, store.MaxRefBytes)
		if err != nil {
			return fmt.Errorf("reference %s: %w", all[i].Name, err)
		}
		return r.Store.PutRefAged(ctx, all[i].Name, value, all[i].Modified)
	})
}

// rows fills the registry.
func (r *restoring) rows(ctx context.Context) error {
	return r.Registry.Import(ctx, r.manifest.Registry, func(table string, take func([]byte) error) error {
		return r.manifest.stream(tablePrefix+table).lines(ctx, r.Place, take)
	})
}

// compare compares what is there with the manifest: the rows of the registry by their
// digest, unless it has gone on since, and the store by what it lists. Every object was
// verified as it was written.
func (r *restoring) compare(ctx context.Context) error {
	end, err := r.Registry.Anchor(ctx)
	if err != nil {
		return err
	}
	var problems []error
	if r.kept = end != r.manifest.Registry.Log; !r.kept {
		if problems, err = compareRows(ctx, r.Registry, r.manifest); err != nil {
			return err
		}
	}
	objects, refs := map[sum]bool{}, map[string]bool{}
	if err := errors.Join(
		r.Store.WalkObjects(ctx, func(i store.Info) { objects[sumOf(i.Name)] = true }),
		r.Store.WalkRefs(ctx, func(i store.Info) { refs[i.Name] = true })); err != nil {
		return err
	}
	want := r.manifest.Objects() + r.manifest.References() - int64(len(r.leftOut))
	if have := int64(len(objects) + len(refs)); have != want {
		problems = append(problems, fmt.Errorf("the store has %d objects and references, the backup %d: something else writes to it", have, want))
	}
	return errors.Join(problems...)
}

// compareRows compares the registry's rows with the manifest's.
func compareRows(ctx context.Context, r *registry.Registry, m *Manifest) (problems []error, err error) {
	var now map[string]*writer
	_, err = r.Export(ctx, func() {
		now = map[string]*writer{}
		for _, table := range registry.Tables(0) {
			now[table] = digests(tablePrefix + table)
		}
	}, func(table string, line []byte) error { return now[table].line(ctx, line) })
	if err != nil {
		return nil, err
	}
	for _, table := range registry.Tables(m.Registry.Schema) {
		s, err := now[table].end(ctx)
		problems = append(problems, errors.Join(err, m.stream(tablePrefix+table).differs(s)))
	}
	return problems, nil
}

// forgotten is when what was deleted on purpose was deleted, by the digest of an object
// or the name of a reference, as the logs of all the place's backups have it. Parts that
// several logs have in common are read once.
func forgotten(ctx context.Context, place *store.Store) (map[string]time.Time, error) {
	all, err := List(ctx, place)
	if err != nil {
		return nil, err
	}
	out, seen := map[string]time.Time{}, map[string]bool{}
	for _, b := range all {
		log := b.stream(tablePrefix + "audit")
		for _, part := range log.Parts {
			if seen[part] {
				continue
			}
			seen[part] = true
			text, err := place.GetBytes(ctx, part, partBytes+maxLine)
			if err != nil {
				return nil, fmt.Errorf("audit log of backup %s: %w", b.ID, err)
			}
			for line := range strings.Lines(string(text)) {
				if err := forget(line, out); err != nil {
					return nil, fmt.Errorf("audit log of backup %s: %w", b.ID, err)
				}
			}
		}
	}
	return out, nil
}

// forget notes what the line of the log says was deleted.
func forget(line string, out map[string]time.Time) error {
	var row struct {
		Body string `json:"body"`
	}
	if err := plan.Unmarshal([]byte(line), &row); err != nil {
		return err
	}
	if !strings.Contains(row.Body, `"`+registry.ActionForget+`"`) {
		return nil
	}
	var e registry.Entry
	if err := plan.Unmarshal([]byte(row.Body), &e); err != nil {
		return err
	}
	if e.Action != registry.ActionForget {
		return nil
	}
	for _, what := range []string{"object", "reference"} {
		if name, ok := e.Details[what].(string); ok && e.Time.After(out[name]) {
			out[name] = e.Time
		}
	}
	return nil
}
