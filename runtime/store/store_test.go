package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func put(t *testing.T, s *Store, text string) string {
	t.Helper()
	digest, size, err := s.Put(t.Context(), strings.NewReader(text))
	if err != nil || size != int64(len(text)) {
		t.Fatalf("put %d bytes: %d bytes, %v", len(text), size, err)
	}
	return digest
}

func read(t *testing.T, s *Store, digest string) (string, error) {
	t.Helper()
	b, err := s.GetBytes(t.Context(), digest, 64<<20)
	return string(b), err
}

// files lists every file below dir.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func objectFile(t *testing.T, s *Store, digest string) string {
	t.Helper()
	key, err := objectKey(digest)
	if err != nil {
		t.Fatal(err)
	}
	return s.file(key)
}

func TestObjectsAreKeptUnderTheirDigest(t *testing.T) {
	for name, location := range map[string]string{
		"a folder": filepath.Join(t.TempDir(), "new", "folder"), "a file URL": "file://" + t.TempDir(),
		"a bucket": "mem://", "a prefix in a bucket": "mem:///a/b",
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, location)
			digest := put(t, s, "hello")
			// The SHA-256 of "hello", as sha256sum prints it.
			if want := "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"; digest != want {
				t.Errorf("digest %s, want %s", digest, want)
			}
			if got, err := read(t, s, digest); got != "hello" || err != nil {
				t.Errorf("read back %q, %v", got, err)
			}
			if again := put(t, s, "hello"); again != digest {
				t.Errorf("the same bytes got another digest %s", again)
			}
			if ok, err := s.Has(t.Context(), digest); !ok || err != nil {
				t.Errorf("has: %t, %v", ok, err)
			}
			if err := s.Delete(t.Context(), digest); err != nil {
				t.Error(err)
			}
			if _, err := read(t, s, digest); !errors.Is(err, ErrNotFound) {
				t.Errorf("a deleted object: %v", err)
			}
			if err := s.Delete(t.Context(), digest); err != nil {
				t.Errorf("deleting what is not there: %v", err)
			}
		})
	}
}

func TestObjectsOfEverySizeComeBack(t *testing.T) {
	s := open(t, t.TempDir())
	for _, size := range []int{0, 1, spoolMemory - 1, spoolMemory, spoolMemory + 1, 3*spoolMemory + 17} {
		text := strings.Repeat("abcdefghijk", size/11+1)[:size]
		if got, err := read(t, s, put(t, s, text)); got != text || err != nil {
			t.Errorf("%d bytes: %d came back, %v", size, len(got), err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(s.folder, "ashlar-spool-*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

func TestADamagedObjectIsFoundAndHealed(t *testing.T) {
	s := open(t, t.TempDir())
	digest := put(t, s, "precious bytes")
	file := objectFile(t, s, digest)
	for name, bad := range map[string]string{"changed": "precious bytez", "truncated": "precious", "emptied": "",
		"grown": "precious bytes!"} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := read(t, s, digest)
			var damaged *DamagedError
			if !errors.As(err, &damaged) || !errors.Is(err, ErrDamaged) || damaged.Digest != digest ||
				!strings.Contains(err.Error(), file) {
				t.Fatalf("got %v, want it to name the digest and %s", err, file)
			}
			r, err := s.Get(t.Context(), digest)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r); !errors.Is(err, ErrDamaged) {
				t.Errorf("io.Copy took the damaged object: %v", err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			put(t, s, "precious bytes")
			if got, err := read(t, s, digest); got != "precious bytes" || err != nil {
				t.Errorf("after putting it again: %q, %v", got, err)
			}
		})
	}
}

func TestGetBytesIsBounded(t *testing.T) {
	s := open(t, t.TempDir())
	digest := put(t, s, "0123456789")
	if b, err := s.GetBytes(t.Context(), digest, 10); err != nil || len(b) != 10 {
		t.Errorf("at the bound: %q, %v", b, err)
	}
	if _, err := s.GetBytes(t.Context(), digest, 9); err == nil || !strings.Contains(err.Error(), "9 bytes") {
		t.Errorf("over the bound: %v", err)
	}
}

func TestMalformedDigestsAreRefused(t *testing.T) {
	s := open(t, t.TempDir())
	for _, bad := range []string{"", "hello", "sha256:", "sha256:../../etc/passwd", "sha256:" + strings.Repeat("A", 64),
		"sha256:" + strings.Repeat("a", 65), "md5:" + strings.Repeat("a", 64)} {
		if _, err := s.Get(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "64 hexadecimal digits") {
			t.Errorf("get %q: %v", bad, err)
		}
		if _, err := s.Has(t.Context(), bad); err == nil {
			t.Errorf("has %q was answered", bad)
		}
		if err := s.Delete(t.Context(), bad); err == nil {
			t.Errorf("delete %q was answered", bad)
		}
	}
}

func TestManyWritersOfOneObject(t *testing.T) {
	dir := t.TempDir()
	body := strings.Repeat("the same bytes ", 400000) // beyond what is spooled in memory
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			s, err := Open(t.Context(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			if _, _, err := s.Put(t.Context(), strings.NewReader(body)); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	s := open(t, dir)
	if got, err := read(t, s, put(t, s, body)); got != body || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if all := files(t, dir); len(all) != 1 {
		t.Errorf("one object became %v", all)
	}
}

func TestASourceThatFailsLeavesNothing(t *testing.T) {
	for name, size := range map[string]int{"early": 100, "after spilling": spoolMemory + 100} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			source := io.MultiReader(strings.NewReader(strings.Repeat("x", size)),
				iotest.ErrReader(errors.New("the source went away")))
			if _, _, err := open(t, dir).Put(t.Context(), source); err == nil ||
				!strings.Contains(err.Error(), "went away") {
				t.Fatalf("got %v", err)
			}
			if left := files(t, dir); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
}

func TestOldTemporaryFilesAreSweptAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	digest := put(t, s, "kept")
	if err := s.PutRef(t.Context(), "notes.tmp", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-2 * strandedAfter)
	for _, p := range files(t, dir) {
		if err := os.Chtimes(p, past, past); err != nil {
			t.Fatal(err)
		}
	}
	object := objectFile(t, s, digest)
	old := []string{object + ".18ab34cd56ef0011.tmp", filepath.Join(dir, "ashlar-spool-123")}
	fresh := object + ".18ab34cd56ef0022.tmp"
	for _, p := range append(old, fresh) {
		if err := os.WriteFile(p, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range old {
		if err := os.Chtimes(p, past, past); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, dir)
	for _, p := range old {
		if _, err := os.Stat(p); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there", p)
		}
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error("a fresh temporary file was taken from under its writer")
	}
	if got, err := read(t, s, digest); got != "kept" || err != nil {
		t.Errorf("sweeping took an object: %q, %v", got, err)
	}
	if _, err := s.GetRef(t.Context(), "notes.tmp"); err != nil {
		t.Errorf("sweeping took a reference: %v", err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for location, want := range map[string]string{
		"":                         "no location",
		file:                       "not a directory",
		"gopher://x":               "gopher",
		"file:///tmp?create_dir=1": "no options",
		"s3://%zz":                 "%zz",
	} {
		if _, err := Open(t.Context(), location); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want it to say %q", location, err, want)
		}
	}
	if _, err := New(nil, Options{}); err == nil {
		t.Error("a store without a bucket was made")
	}
}

func TestS3IsRegistered(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "x")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "y")
	s, err := Open(t.Context(), "s3://bucket/prefix?region=eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
