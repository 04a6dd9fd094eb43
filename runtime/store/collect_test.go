package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// keep puts text and returns its digest.
func keep(t testing.TB, s *Store, text string) string {
	t.Helper()
	digest, _, err := s.Put(context.Background(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// age makes everything in a folder store older.
func age(t testing.TB, dir string, by time.Duration) {
	t.Helper()
	err := filepath.Walk(dir, func(p string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		at := info.ModTime().Add(-by)
		return os.Chtimes(p, at, at)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func has(t testing.TB, s *Store, digest string) bool {
	t.Helper()
	ok, err := s.Has(context.Background(), digest)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func collect(t testing.TB, s *Store, c Collection) Collected {
	t.Helper()
	out, err := s.Collect(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCollectKeepsWhatCanBeReached(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	leaf, root, loose := keep(t, s, "a leaf"), keep(t, s, "a root"), keep(t, s, "loose")
	tree := keep(t, s, `{"files":[{"path":"x","digest":"`+leaf+`"}]}`)
	if err := s.PutRef(t.Context(), "stages/x/1", []byte(`{"outputs":{"out":"`+tree+`"}}`)); err != nil {
		t.Fatal(err)
	}
	age(t, dir, 48*time.Hour)
	young := keep(t, s, "young")
	again := keep(t, s, "a leaf again")
	age(t, dir, 0)
	dry := collect(t, s, Collection{Roots: []string{root}, DryRun: true})
	if dry.Removed != 1 || dry.Young != 2 || !has(t, s, loose) {
		t.Errorf("a dry run: %+v", dry)
	}
	got := collect(t, s, Collection{Roots: []string{root}})
	if got.Removed != 1 || got.RemovedBytes != int64(len("loose")) || got.Objects != 6 {
		t.Errorf("%+v", got)
	}
	for name, c := range map[string]struct {
		digest string
		want   bool
	}{"leaf": {leaf, true}, "tree": {tree, true}, "root": {root, true}, "loose": {loose, false},
		"young": {young, true}, "again": {again, true}} {
		if has(t, s, c.digest) != c.want {
			t.Errorf("%s is there: %v", name, !c.want)
		}
	}
}

func TestPuttingWhatIsThereMakesItYoung(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	d := keep(t, s, "old")
	age(t, dir, 48*time.Hour)
	keep(t, s, "old")
	if got := collect(t, s, Collection{}); got.Removed != 0 || !has(t, s, d) {
		t.Errorf("%+v: what a stage has just put is gone", got)
	}
}

func TestUnusedReferencesAreForgotten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for _, name := range []string{"stages/a/1", "stages/a/2", "runs/m/1"} {
		if err := s.PutRef(t.Context(), name, []byte(keep(t, s, name))); err != nil {
			t.Fatal(err)
		}
	}
	age(t, dir, 100*24*time.Hour)
	if _, err := s.GetRef(t.Context(), "stages/a/2"); err != nil { // it is used
		t.Fatal(err)
	}
	got := collect(t, s, Collection{Forget: map[string]time.Duration{"stages/": 90 * 24 * time.Hour}})
	if got.Forgotten != 1 || got.Removed != 1 {
		t.Errorf("%+v", got)
	}
	if _, err := s.GetRef(t.Context(), "stages/a/1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the unused one: %v", err)
	}
	for _, name := range []string{"stages/a/2", "runs/m/1"} {
		if d, err := s.GetRef(t.Context(), name); err != nil || !has(t, s, string(d)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnyOrderOfStepsLosesNothingThatIsNamed plays random steps: put, name,
// forget, grow older, collect. What a reference names is always there, and what
// is neither named nor young is gone after a collection.
func TestAnyOrderOfStepsLosesNothingThatIsNamed(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // a test's own randomness
		dir := t.TempDir()
		s := open(t, dir)
		named := map[string]string{}
		old := map[string]bool{} // put before time passed, and not since
		for range 60 {
			text := fmt.Sprint("object ", r.IntN(8))
			ref := fmt.Sprintf("refs/%d", r.IntN(4))
			switch r.IntN(6) {
			case 0, 1:
				delete(old, keep(t, s, text))
			case 2:
				d := keep(t, s, text)
				delete(old, d)
				if err := s.PutRef(t.Context(), ref, []byte(d)); err != nil {
					t.Fatal(err)
				}
				named[ref] = d
			case 3:
				if err := s.DeleteRef(t.Context(), ref); err != nil {
					t.Fatal(err)
				}
				delete(named, ref)
			case 4:
				age(t, dir, 30*time.Hour)
				for i := range 8 {
					old[digestOf(fmt.Sprint("object ", i))] = true
				}
			case 5:
				collect(t, s, Collection{})
				for d := range old {
					if !isNamed(named, d) && has(t, s, d) {
						t.Fatalf("seed %d: %s is old and unnamed, and still there", seed, d)
					}
				}
			}
			for ref, d := range named {
				if !has(t, s, d) {
					t.Fatalf("seed %d: what %s names is gone", seed, ref)
				}
			}
		}
	}
}

func isNamed(named map[string]string, digest string) bool {
	for _, d := range named {
		if d == digest {
			return true
		}
	}
	return false
}

func digestOf(text string) string {
	sp, err := newSpool(context.Background(), strings.NewReader(text), "", false)
	if err != nil {
		return ""
	}
	return sp.digest
}

// TestCollectingWhileOthersWriteLosesNothing has writers put objects again that
// are old and unnamed, and name them a moment later, while collections go on
// without a pause.
func TestCollectingWhileOthersWriteLosesNothing(t *testing.T) {
	const workers, objects = 3, 150
	dir := t.TempDir()
	s := open(t, dir)
	text := func(w, i int) string { return fmt.Sprintf("object %d of %d", i, w) }
	for w := range workers {
		for i := range objects {
			keep(t, s, text(w, i))
		}
	}
	age(t, dir, 48*time.Hour)
	stop := make(chan struct{})
	var collectors, writers sync.WaitGroup
	removed := 0
	collectors.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			got, err := s.Collect(context.Background(), Collection{Grace: time.Hour})
			removed += got.Removed
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for w := range workers {
		writers.Go(func() {
			for i := range objects {
				d, _, err := s.Put(context.Background(), strings.NewReader(text(w, i)))
				time.Sleep(time.Duration(i%3) * time.Millisecond)
				if err == nil {
					err = s.PutRef(context.Background(), fmt.Sprintf("w/%d/%d", w, i), []byte(d))
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	collectors.Wait()
	for w := range workers {
		for i := range objects {
			d, err := s.GetRef(t.Context(), fmt.Sprintf("w/%d/%d", w, i))
			if err != nil || !has(t, s, string(d)) {
				t.Errorf("object %d of %d is named and gone (%v)", i, w, err)
			}
		}
	}
	if removed == 0 {
		t.Error("nothing was removed beside the writers, so this proves nothing")
	}
}
