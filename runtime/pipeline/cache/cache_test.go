package cache

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/artifact"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

var errNone = errors.New("none")

// shelf is a store's refs and objects in memory, which may be full.
type shelf struct {
	mu      sync.Mutex
	refs    map[string]string
	objects map[string]bool
	full    error
}

func newShelf(objects ...string) *shelf {
	s := &shelf{refs: map[string]string{}, objects: map[string]bool{}}
	for _, o := range objects {
		s.objects[o] = true
	}
	return s
}

func (s *shelf) GetRef(_ context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok := s.refs[name]
	if !ok {
		return nil, errNone
	}
	return []byte(text), nil
}

func (s *shelf) PutRef(_ context.Context, name string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full == nil {
		s.refs[name] = string(value)
	}
	return s.full
}

func (s *shelf) Has(_ context.Context, digest string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasPrefix(digest, "bad") {
		return true, errNone
	}
	return s.objects[digest], nil
}

func newCache(s *shelf) *Cache {
	return New(s, func() time.Time { return noon.In(time.FixedZone("", 3600)) })
}

// whole is an entry with every field.
func whole() Entry {
	return Entry{
		Detail: "3 rows", Outputs: map[string]string{"report": "r", "data": "sha256:of-data", "model": "m"},
		Files:   map[string]artifact.Artifact{"out/a": {Digest: "a", MD5: "5", Size: 1}},
		Deps:    map[string]artifact.Artifact{"in": {Digest: "i"}},
		Metrics: map[string]float64{"rmse": 0.5}, Log: "l",
	}
}

// These values are in the stores of earlier versions.
func TestKeysAndRefsAreWhatTheyHaveAlwaysBeen(t *testing.T) {
	in := map[string]any{"source": "d.csv", "deps": map[string]string{"a": "sha256:1"}}
	key, err := Key("command", 1, in)
	if want := "sha256:76e389ebf5732207101d23f54693ce7c7a2a586a5f9e18b1c2f5e5fdbebca52f"; err != nil || key != want {
		t.Errorf("key %s (%v), want %s", key, err, want)
	}
	file, err := FileKey("prepare:train.csv", 2, in)
	if want := "sha256:d5d1b789dbc451c0aef1f43dbb9cda1214ae33843a3df43449e882611879e868"; err != nil || file != want {
		t.Errorf("key of a file %s (%v), want %s", file, err, want)
	}
	for what, differs := range map[string]func() (string, error){
		"another kind":    func() (string, error) { return Key("train", 1, in) },
		"another version": func() (string, error) { return Key("command", 2, in) },
		"another input":   func() (string, error) { return Key("command", 1, map[string]any{"source": "e.csv"}) },
	} {
		if other, err := differs(); err != nil || other == key {
			t.Errorf("%s has the same key (%v)", what, err)
		}
	}
	if _, err := Key("command", 1, map[string]any{"x": func() {}}); err == nil {
		t.Error("an input that is not JSON has a key")
	}
	if got := Ref("train", "sha256:ab"); got != "stages/train/ab" {
		t.Errorf("the ref is %s", got)
	}
	s := newShelf("r", "m", "a")
	if _, err := newCache(s).Make(t.Context(), "train", "sha256:ab",
		func() (Entry, error) { return whole(), nil }); err != nil {
		t.Fatal(err)
	}
	want := `{"deps":{"in":{"digest":"i","md5":"","size":0}},"detail":"3 rows","files":{"out/a":{"digest":"a","md5":"5","size":1}},` +
		`"log":"l","made_at":"2026-11-30T12:00:00Z","metrics":{"rmse":0.5},"objects":["model","report"],` +
		`"outputs":{"data":"sha256:of-data","model":"m","report":"r"}}`
	if got := strings.TrimSpace(s.refs["stages/train/ab"]); got != want {
		t.Errorf("kept\n%s\nwant\n%s", got, want)
	}
}

func TestAnEntryWithoutItsObjectsIsNotAnEntry(t *testing.T) {
	s := newShelf("r", "m", "a")
	c := newCache(s)
	made, err := c.Make(t.Context(), "k", "1", func() (Entry, error) { return whole(), nil })
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := c.Get(t.Context(), "k", "1"); !ok || !reflect.DeepEqual(got, made) || !got.MadeAt.Equal(noon) {
		t.Errorf("%t, %+v, want %+v", ok, got, made)
	}
	for _, gone := range []string{"r", "m", "a"} {
		s.objects[gone] = false
		if _, ok := c.Get(t.Context(), "k", "1"); ok {
			t.Errorf("the entry is there without %s", gone)
		}
		s.objects[gone] = true
	}
	for _, other := range [][2]string{{"k", "2"}, {"j", "1"}} {
		if _, ok := c.Get(t.Context(), other[0], other[1]); ok {
			t.Errorf("%v has an entry", other)
		}
	}
	s.refs["stages/k/1"] = `{"made_at": "2026`
	if _, ok := c.Get(t.Context(), "k", "1"); ok {
		t.Error("half an entry was taken over")
	}
}

func TestOfWorkThatFailedNothingIsKept(t *testing.T) {
	s := newShelf()
	c := newCache(s)
	failed := func() (Entry, error) { return whole(), errNone }
	if _, err := c.Make(t.Context(), "k", "1", failed); !errors.Is(err, errNone) || len(s.refs) > 0 {
		t.Errorf("%v, kept %v", err, s.refs)
	}
	if _, kept, err := c.Once(t.Context(), "k", "1", failed); kept || !errors.Is(err, errNone) || len(s.refs) > 0 {
		t.Errorf("%v, kept %v", err, s.refs)
	}
	s.full = errors.New("no space")
	if _, err := c.Make(t.Context(), "k", "1", func() (Entry, error) { return whole(), nil }); !errors.Is(err, s.full) {
		t.Errorf("a store that is full: %v", err)
	}
}

func TestFilesAreKeptWhileTheirContentIs(t *testing.T) {
	s := newShelf("f")
	c := newCache(s)
	f := File{Artifact: artifact.Artifact{Digest: "f", Size: 3}, Dataset: "loans", ReadAt: noon}
	if err := c.PutFile(t.Context(), "sha256:1", f); err != nil {
		t.Fatal(err)
	}
	if a, ok := c.GetFile(t.Context(), "sha256:1"); !ok || a != f.Artifact {
		t.Errorf("%t, %+v", ok, a)
	}
	want := `{"dataset":"loans","digest":"f","md5":"","read_at":"2026-11-30T12:00:00Z","size":3}`
	if got := strings.TrimSpace(s.refs[FilePrefix+"1"]); got != want {
		t.Errorf("kept %s, want %s", got, want)
	}
	s.objects["f"] = false
	for _, key := range []string{"sha256:1", "sha256:2"} {
		if _, ok := c.GetFile(t.Context(), key); ok {
			t.Errorf("%s has a file", key)
		}
	}
}

// TestTheSameWorkAtOnceIsDoneOnce has five runs begin a second apart, the first of which works for ten.
func TestTheSameWorkAtOnceIsDoneOnce(t *testing.T) {
	for name, c := range map[string]struct {
		first  error // how the first ends
		full   error // of the store, all along
		worked int
		kept   int
	}{
		"that succeeds":        {nil, nil, 1, 4},
		"that fails":           {errNone, nil, 5, 0}, // another context, another folder: the others may succeed
		"that cannot be kept":  {nil, errNone, 5, 0},
		"that is not the same": {nil, nil, 5, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newShelf("r", "m", "a")
			s.full = c.full
			cache := newCache(s)
			var mu sync.Mutex
			worked, kept := 0, 0
			var wg sync.WaitGroup
			for i := range 5 {
				time.Sleep(time.Second)
				key := "1"
				if name == "that is not the same" {
					key = fmt.Sprint(i)
				}
				wg.Go(func() {
					e, took, err := cache.Once(t.Context(), "k", key, func() (Entry, error) {
						mu.Lock()
						worked++
						mu.Unlock()
						time.Sleep(10 * time.Second)
						if i == 0 {
							return whole(), c.first
						}
						return whole(), nil
					})
					if want := c.full != nil || i == 0 && c.first != nil; (err != nil) != want {
						t.Errorf("%s, run %d: %v", name, i, err)
					}
					if err == nil && e.Detail != "3 rows" {
						t.Errorf("%s, run %d: %+v", name, i, e)
					}
					mu.Lock()
					defer mu.Unlock()
					if took {
						kept++
					}
				})
			}
			wg.Wait()
			if worked != c.worked || kept != c.kept || len(cache.under) > 0 {
				t.Errorf("%s: worked %d times, taken over %d times, want %d and %d; under way %d",
					name, worked, kept, c.worked, c.kept, len(cache.under))
			}
		})
	}
}

func TestWhoeverWaitsForOthersWorkMayLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(newShelf("r", "m", "a"))
		enough := errors.New("enough")
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, kept, err := c.Once(t.Context(), "k", "1", func() (Entry, error) {
				time.Sleep(time.Minute)
				return whole(), nil
			}); kept || err != nil {
				t.Errorf("the work: %t, %v", kept, err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(enough) })
		began := time.Now()
		_, kept, err := c.Once(ctx, "k", "1", func() (Entry, error) { t.Error("worked"); return Entry{}, nil })
		if kept || !errors.Is(err, enough) || time.Since(began) != time.Second {
			t.Errorf("%t, %v after %s", kept, err, time.Since(began))
		}
		wg.Wait()
		if _, kept, err := c.Once(ctx, "k", "1", nil); !kept || err != nil {
			t.Errorf("what is kept needs no work: %t, %v", kept, err)
		}
	})
}
