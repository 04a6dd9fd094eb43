package backup

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

func TestWhatWasDestroyedIsAsItWas(t *testing.T) {
	dir, place := t.TempDir(), newPlace(t, t.TempDir())
	s := newStack(t, dir)
	for n := range 5 {
		s.model(t, n)
	}
	s.put(t, strings.Repeat("large ", 1<<20)) // goes through a temporary file
	was := s.state(t)
	made := s.backup(t, place)
	if made.Copied != int(made.Objects()) || made.Objects() != 16 || made.References() != 5 ||
		made.Rows()["versions"] != 5 || made.Registry.Log.Seq != 20 {
		t.Errorf("the backup has %d of %d objects, %d references, rows %v, log %v", made.Copied, made.Objects(),
			made.References(), made.Rows(), made.Registry.Log)
	}
	if err := errors.Join(s.registry.Close(), os.RemoveAll(dir)); err != nil {
		t.Fatal(err)
	}

	s = newStack(t, dir)
	r, err := s.restore(t, place, "")
	if err != nil {
		t.Fatal(err)
	}
	if r.ID != made.ID || r.Written != 16 || len(r.LeftOut) != 0 {
		t.Errorf("the restore wrote %d objects of %s and left out %v", r.Written, r.ID, r.LeftOut)
	}
	same(t, s.state(t), was)
	if r, err = s.restore(t, place, ""); err != nil || r.Written != 0 {
		t.Errorf("a second restore wrote %d objects (%v)", r.Written, err)
	}
	s.model(t, 6) // and it goes on from there
	again := s.backup(t, place)
	if again.Registry.Log.Seq != 24 || again.Objects() != 19 {
		t.Errorf("a backup of the restored stack has %+v", again)
	}
}

func TestASecondBackupCopiesWhatIsNew(t *testing.T) {
	s, place := newStack(t, t.TempDir()), newPlace(t, t.TempDir())
	s.model(t, 1)
	first := s.backup(t, place)
	s.model(t, 2)
	second := s.backup(t, place)
	if first.Copied != 3 || second.Copied != 3 || second.Objects() != 6 || second.CopiedBytes >= second.ObjectBytes {
		t.Errorf("the backups copied %d and %d of %d", first.Copied, second.Copied, second.Objects())
	}
	all, err := List(t.Context(), place)
	if err != nil || len(all) != 2 {
		t.Fatalf("backups are %v (%v)", all, err)
	}
	// The first is as it was, too.
	other := newStack(t, t.TempDir())
	if _, err := other.restore(t, place, first.ID); err != nil {
		t.Fatal(err)
	}
	vs, err := other.registry.Versions(t.Context(), "risk")
	if err != nil || len(vs) != 1 {
		t.Errorf("the first backup has versions %v (%v)", vs, err)
	}
}

func TestARestoreMixesNothing(t *testing.T) {
	place := newPlace(t, t.TempDir())
	s := newStack(t, t.TempDir())
	s.model(t, 1)
	s.backup(t, place)
	other := newStack(t, t.TempDir())
	other.model(t, 7)
	was := other.state(t)
	_, err := other.restore(t, place, "")
	rows, objects := new(registry.NotEmptyError), new(NotEmptyError)
	if !errors.As(err, &rows) || !errors.As(err, &objects) || objects.Objects != 3 || objects.References != 1 {
		t.Errorf("a restore over other content: %v", err)
	}
	same(t, other.state(t), was)
	// Another place is a stack's own store.
	_, err = Make(t.Context(), Config{Place: other.store, Store: s.store, Registry: s.registry, Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), "a stack's own state") {
		t.Errorf("a backup into a store: %v", err)
	}
	if _, err := Make(t.Context(), Config{Place: s.store, Store: s.store, Registry: s.registry,
		Now: time.Now}); err == nil {
		t.Error("a backup of a store into itself")
	}
	if _, err := other.restore(t, newPlace(t, t.TempDir()), ""); !errors.Is(err, ErrNone) {
		t.Errorf("a restore of nothing: %v", err)
	}
	if _, err := other.restore(t, place, "1999"); !errors.Is(err, ErrNone) {
		t.Errorf("a restore of a backup that is not there: %v", err)
	}
}

func TestALostStoreComesBackToTheRegistryThatGoesOn(t *testing.T) {
	place, dir := newPlace(t, t.TempDir()), t.TempDir()
	s := newStack(t, dir)
	s.model(t, 1)
	s.backup(t, place)
	s.model(t, 2)
	rows := export(t, s.registry)
	if err := os.RemoveAll(filepath.Join(dir, "store")); err != nil {
		t.Fatal(err)
	}
	s.store = newPlace(t, filepath.Join(dir, "store"))
	r, err := s.restore(t, place, "")
	if err != nil || !r.RegistryKept || r.Written != 3 {
		t.Errorf("%d objects are restored, the registry is kept: %t (%v)", r.Written, r.RegistryKept, err)
	}
	if now := export(t, s.registry); !slices.Equal(now, rows) {
		t.Errorf("the registry is %v, was %v", now, rows)
	}
}

// flip changes a byte of the place's object.
func flip(t *testing.T, place *store.Store, digest string) {
	t.Helper()
	hex := strings.TrimPrefix(digest, "sha256:")
	file := filepath.Join(place.Folder(), "objects", "sha256", hex[:2], hex[2:])
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestADamagedBackupIsFoundAndNotUsed(t *testing.T) {
	s, place := newStack(t, t.TempDir()), newPlace(t, t.TempDir())
	first, second := s.model(t, 1), s.model(t, 2)
	made := s.backup(t, place)
	check := Check{Place: place, TempDir: t.TempDir(), Now: time.Now}
	if v, err := Verify(t.Context(), check); err != nil || v.ID != made.ID {
		t.Fatalf("%s does not verify: %v", v.ID, err)
	}
	flip(t, place, first)
	flip(t, place, second)
	flip(t, place, made.stream("registry/audit").Parts[0])
	_, err := Verify(t.Context(), check)
	for _, want := range []string{first, second, "registry/audit"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("verify does not tell of %s: %v", want, err)
		}
	}
	flip(t, place, made.stream("registry/audit").Parts[0])
	other := newStack(t, t.TempDir())
	if _, err := other.restore(t, place, ""); err == nil || !strings.Contains(err.Error(), first) ||
		!strings.Contains(err.Error(), second) {
		t.Errorf("a restore does not name both: %v", err)
	}
	for _, digest := range []string{first, second} {
		if there, err := other.store.Has(t.Context(), digest); there || err != nil {
			t.Errorf("damaged %s was restored (%v)", digest, err)
		}
	}
	// What the next backup finds missing, it copies again.
	if err := errors.Join(place.Delete(t.Context(), first), place.Delete(t.Context(), second)); err != nil {
		t.Fatal(err)
	}
	if again := s.backup(t, place); again.Copied != 2 {
		t.Errorf("%d objects are copied again", again.Copied)
	}
	if _, err := other.restore(t, place, ""); err != nil {
		t.Error(err)
	}
	same(t, other.state(t), s.state(t))
}

func TestADamagedObjectIsNotBackedUp(t *testing.T) {
	s, place := newStack(t, t.TempDir()), newPlace(t, t.TempDir())
	first, second := s.model(t, 1), s.model(t, 2)
	flip(t, s.store, first)
	flip(t, s.store, second)
	_, err := Make(t.Context(), Config{Place: place, Store: s.store, Registry: s.registry, Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), first) || !strings.Contains(err.Error(), second) {
		t.Errorf("the error names not both: %v", err)
	}
	if all, err := List(t.Context(), place); err != nil || len(all) != 0 {
		t.Errorf("there are backups %v (%v)", all, err)
	}
}

func TestWhatWasForgottenDoesNotComeBack(t *testing.T) {
	ctx := t.Context()
	s, place := newStack(t, t.TempDir()), newPlace(t, t.TempDir())
	s.model(t, 1)
	rows := s.put(t, "rows of people")
	if err := s.store.PutRef(ctx, "drift/scoring/1", []byte("a window")); err != nil {
		t.Fatal(err)
	}
	first := s.backup(t, place)
	// Retention deletes, and says so.
	for what, name := range map[string]string{"object": rows, "reference": "drift/scoring/1"} {
		err := s.registry.RecordForgotten(ctx, "pipeline/retention", "people", map[string]any{what: name})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.store.Delete(ctx, rows), s.store.DeleteRef(ctx, "drift/scoring/1")); err != nil {
		t.Fatal(err)
	}
	s.backup(t, place)

	other := newStack(t, t.TempDir())
	r, err := other.restore(t, place, first.ID)
	if err != nil || !slices.Equal(r.LeftOut, []string{rows, "drift/scoring/1"}) {
		t.Errorf("left out are %v (%v)", r.LeftOut, err)
	}
	if there, err := other.store.Has(ctx, rows); there || err != nil {
		t.Errorf("the rows are back (%v)", err)
	}
	if _, err := other.store.PeekRef(ctx, "drift/scoring/1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the window is back (%v)", err)
	}
	// What was put again after it had been deleted is there for a reason.
	s.put(t, "rows of people")
	s.backup(t, place)
	newest := newStack(t, t.TempDir())
	if r, err := newest.restore(t, place, ""); err != nil || len(r.LeftOut) != 0 {
		t.Errorf("left out are %v (%v)", r.LeftOut, err)
	}
}

func TestARestoredObjectKeepsItsAge(t *testing.T) {
	s, place := newStack(t, t.TempDir()), newPlace(t, t.TempDir())
	long := time.Now().Add(-100 * 24 * time.Hour).Truncate(time.Second)
	rows := s.put(t, "rows")
	if err := s.store.SetAge(rows, long); err != nil {
		t.Fatal(err)
	}
	s.backup(t, place)
	other := newStack(t, t.TempDir())
	if _, err := other.restore(t, place, ""); err != nil {
		t.Fatal(err)
	}
	if err := other.store.WalkObjects(t.Context(), func(i store.Info) {
		if !i.Modified.Equal(long) {
			t.Errorf("%s was last put %v, not %v", i.Name, i.Modified, long)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

func TestPruneKeepsWhatTheNewestNeed(t *testing.T) {
	ctx := t.Context()
	s, place := newStack(t, t.TempDir()), newPlace(t, t.TempDir())
	old := s.put(t, "rows of people")
	s.model(t, 1)
	var ids []string
	for n := range 3 {
		if n == 1 {
			if err := s.store.Delete(ctx, old); err != nil {
				t.Fatal(err)
			}
		}
		s.model(t, n+2)
		ids = append(ids, s.backup(t, place).ID)
	}
	later := func() time.Time { return time.Now().Add(2 * grace) }
	if p, err := Prune(ctx, place, 3, later); err != nil || len(p.Backups) != 0 || p.Objects != 0 {
		t.Errorf("pruned %+v (%v)", p, err)
	}
	if p, err := Prune(ctx, place, 1, time.Now); err != nil || !slices.Equal(p.Backups, ids[:2]) || p.Objects != 0 {
		t.Errorf("pruned %+v, want %v and no young object (%v)", p, ids[:2], err)
	}
	p, err := Prune(ctx, place, 1, later)
	if err != nil || p.Objects == 0 {
		t.Errorf("pruned %+v (%v)", p, err)
	}
	if _, err := Verify(ctx, Check{Place: place, TempDir: t.TempDir(), Now: time.Now}); err != nil {
		t.Errorf("what is left does not verify: %v", err)
	}
	if _, err := Prune(ctx, place, 0, later); err == nil {
		t.Error("no backup is kept")
	}
}

func TestAnObjectThatVanishesFromThePlaceIsNoticed(t *testing.T) {
	s, place := newStack(t, t.TempDir()), newPlace(t, t.TempDir())
	model := s.model(t, 1)
	s.backup(t, place)
	s.model(t, 2)
	_, err := Make(t.Context(), Config{Place: place, Store: s.store, Registry: s.registry, Now: time.Now,
		Progress: func(int, int) { _ = place.Delete(t.Context(), model) }})
	if err == nil || !strings.Contains(err.Error(), "run it again") {
		t.Errorf("a backup that lacks an object: %v", err)
	}
	if all, err := List(t.Context(), place); err != nil || len(all) != 1 {
		t.Errorf("there are backups %v (%v)", all, err)
	}
	if again := s.backup(t, place); again.Copied != 1 {
		t.Errorf("%d objects are copied again", again.Copied)
	}
}

func TestTheLogsPartsAreSharedByBackups(t *testing.T) {
	s, place := newStack(t, t.TempDir()), newPlace(t, t.TempDir())
	long := strings.Repeat("x", 1<<20)
	for range 5 {
		err := s.registry.RecordForgotten(t.Context(), "grace", "rows", map[string]any{"object": long})
		if err != nil {
			t.Fatal(err)
		}
	}
	first := s.backup(t, place).stream("registry/audit")
	s.model(t, 1)
	second := s.backup(t, place).stream("registry/audit")
	if len(first.Parts) != 2 || first.Parts[0] != second.Parts[0] || first.Parts[1] == second.Parts[1] {
		t.Errorf("the log's parts are %v, then %v", first.Parts, second.Parts)
	}
	other := newStack(t, t.TempDir())
	if _, err := other.restore(t, place, ""); err != nil {
		t.Fatal(err)
	}
	same(t, other.state(t), s.state(t))
}

func FuzzManifest(f *testing.F) {
	s := Stream{Name: "x", Digest: "sha256:" + strings.Repeat("0", 64), Parts: []string{"sha256:" + strings.Repeat("1", 64)}}
	m := Manifest{Format: Format, At: time.Unix(1e9, 0).UTC()}
	for _, name := range streamNames(0) {
		s.Name = name
		m.Streams = append(m.Streams, s)
	}
	b, err := plan.Canonical(m)
	if err != nil {
		f.Fatal(err)
	}
	id := idOf(m.At, plan.DigestBytes(b))
	if _, err := decode(id, b); err != nil {
		f.Fatal(err)
	}
	f.Add(id, b)
	f.Add(id, bytes.Replace(b, []byte(`"rows":0`), []byte(`"rows":-1`), 1))
	f.Add("x", []byte(`{"format": 2}`))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		m, err := decode(name, text)
		var raw Manifest
		if err != nil && json.Unmarshal(text, &raw) == nil {
			m, err = decode(idOf(raw.At, plan.DigestBytes(text)), text) // as if it were under its own ID
		}
		if err != nil {
			return
		}
		if m.Objects() < 0 || m.References() < 0 || len(m.Rows()) != len(registry.Tables(m.Registry.Schema)) {
			t.Errorf("a manifest has %+v", m)
		}
	})
}

func FuzzEntry(f *testing.F) {
	f.Add([]byte(`{"digest":"sha256:`+strings.Repeat("0", 64)+`","size":1,"modified":"2026-01-01T00:00:00Z"}`), false)
	f.Add([]byte(`{"name":"a","digest":"sha256:`+strings.Repeat("0", 64)+`","size":-1}`), true)
	f.Fuzz(func(t *testing.T, text []byte, reference bool) {
		e, err := entryOf(text, reference)
		if err != nil {
			return
		}
		line, err := e.line()
		if err != nil {
			return // a year that JSON has no form for
		}
		if again, err := entryOf(line, reference); err != nil || again.Digest != e.Digest || again.Name != e.Name {
			t.Errorf("%+v is read back as %+v (%v)", e, again, err)
		}
	})
}
