package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t *testing.T, s *Store, text string) string {
	t.Helper()
	digest, size, err := s.Put(t.Context(), strings.NewReader(text))
	if err != nil || size != int64(len(text)) {
		t.Fatalf("put %q: %d bytes, %v", text, size, err)
	}
	return digest
}

func read(t *testing.T, s *Store, digest string) (string, error) {
	t.Helper()
	r, err := s.Get(t.Context(), digest)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	return string(b), err
}

func objectFile(t *testing.T, dir, digest string) string {
	t.Helper()
	k, err := key(digest)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, filepath.FromSlash(k))
}

func TestObjectsAreKeptUnderTheirDigest(t *testing.T) {
	s := open(t, t.TempDir())
	digest := put(t, s, "hello")
	if want := "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"; digest != want {
		t.Errorf("digest %s, want %s", digest, want)
	}
	if got, err := read(t, s, digest); got != "hello" || err != nil {
		t.Errorf("read back %q, %v", got, err)
	}
	if again := put(t, s, "hello"); again != digest {
		t.Errorf("the same bytes got another digest %s", again)
	}
	if _, err := read(t, s, put(t, open(t, t.TempDir()), "elsewhere")); !errors.Is(err, ErrNotFound) {
		t.Errorf("an object that is not there: %v", err)
	}
}

func TestADamagedObjectIsFoundAndHealed(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	digest := put(t, s, "precious bytes")
	file := objectFile(t, dir, digest)
	for name, bad := range map[string]string{"changed": "precious bytez", "truncated": "precious", "emptied": "", "grown": "precious bytes!"} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := read(t, s, digest)
			var damaged *DamagedError
			if !errors.As(err, &damaged) || damaged.Digest != digest || !strings.Contains(err.Error(), file) {
				t.Fatalf("got %v, want it to name the digest and %s", err, file)
			}
			put(t, s, "precious bytes")
			if got, err := read(t, s, digest); got != "precious bytes" || err != nil {
				t.Errorf("after putting it again: %q, %v", got, err)
			}
		})
	}
}

func TestManyWritersOfOneObject(t *testing.T) {
	dir := t.TempDir()
	body := strings.Repeat("the same bytes ", 20000)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			s, err := Open(context.Background(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if _, _, err := s.Put(context.Background(), strings.NewReader(body)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	s := open(t, dir)
	if got, err := read(t, s, put(t, s, body)); got != body || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

type failing struct{ after int }

func (f *failing) Read(p []byte) (int, error) {
	if f.after <= 0 {
		return 0, errors.New("the source went away")
	}
	n := min(f.after, len(p))
	f.after -= n
	return n, nil
}

func TestAWriteThatFailsLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, _, err := s.Put(t.Context(), &failing{after: 1 << 20}); err == nil || !strings.Contains(err.Error(), "went away") {
		t.Fatalf("got %v", err)
	}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("%s is left", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRefs(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	for _, name := range []string{"runs/m/2", "runs/m/1", "runs/other/1"} {
		if err := s.PutRef(ctx, name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutRef(ctx, "runs/m/2", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if b, err := s.GetRef(ctx, "runs/m/2"); string(b) != "new" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if names, err := s.ListRefs(ctx, "runs/m/"); err != nil || strings.Join(names, " ") != "runs/m/1 runs/m/2" {
		t.Errorf("%v, %v", names, err)
	}
	if _, err := s.GetRef(ctx, "runs/m/3"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	for _, bad := range []string{"", "/a", "../a", "a/../b", "a//b", "a/.b", "a b", strings.Repeat("a", 600)} {
		if err := s.PutRef(ctx, bad, nil); err == nil {
			t.Errorf("%q was taken as a name", bad)
		}
	}
}

func TestOldTemporaryFilesAreSwept(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	digest := put(t, s, "kept")
	old, fresh := filepath.Join(dir, "tmp", "put-1"), filepath.Join(dir, "tmp", "put-2")
	for _, p := range []string{old, fresh} {
		if err := os.WriteFile(p, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * stale)
	for _, p := range []string{old, objectFile(t, dir, digest)} {
		if err := os.Chtimes(p, past, past); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := read(t, open(t, dir), digest); got != "kept" || err != nil {
		t.Errorf("sweeping took an object: %q, %v", got, err)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Error("an old temporary file is still there")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error("a fresh temporary file was taken from under its writer")
	}
}

// TestMain runs the writer that TestKilledWriters kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("ASHLAR_STORE_WRITER"); dir != "" {
		s, err := Open(context.Background(), dir)
		for i := byte(0); err == nil; i++ {
			_, _, err = s.Put(context.Background(), bytes.NewReader(bytes.Repeat([]byte{i}, 3<<20)))
			if err == nil {
				err = s.PutRef(context.Background(), "last", bytes.Repeat([]byte{'a' + i%26}, 4096))
			}
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestKilledWritersLeaveNoHalfObject(t *testing.T) {
	dir := t.TempDir()
	for i := range 12 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "ASHLAR_STORE_WRITER="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(20+13*i) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
	}
	s, objects := open(t, dir), 0
	for i := range 256 {
		digest, _, err := open(t, t.TempDir()).Put(t.Context(), bytes.NewReader(bytes.Repeat([]byte{byte(i)}, 3<<20)))
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := s.Has(t.Context(), digest); err != nil || !ok {
			break
		}
		objects++
		if _, err := read(t, s, digest); err != nil {
			t.Errorf("object %d: %v", i, err)
		}
	}
	if objects == 0 {
		t.Fatal("no writer wrote anything; the test proves nothing")
	}
	if b, err := s.GetRef(t.Context(), "last"); err == nil && (len(b) != 4096 || bytes.Count(b, b[:1]) != 4096) {
		t.Errorf("a reference is half one value and half another")
	}
}
