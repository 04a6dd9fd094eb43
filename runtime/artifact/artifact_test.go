package artifact

import (
	"context"
	"crypto/md5" //nolint:gosec // as DVC has it
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/store"
)

func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(text, "#!") {
			mode = 0o755
		}
		if err := os.WriteFile(full, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var sample = map[string]string{"src/a.txt": "alpha", "src/sub/run": "#!/bin/sh\n", "src/ü <1>.txt": "beta", "one": "1"}

func TestWhatIsKeptIsLaidDownAgain(t *testing.T) {
	ctx, s, from := context.Background(), open(t), t.TempDir()
	write(t, from, sample)
	folder, err := Keep(ctx, s, from, "src")
	if err != nil {
		t.Fatal(err)
	}
	if folder.Files != 3 || !folder.Dir || folder.Size != int64(len("alpha")+len("#!/bin/sh\n")+len("beta")) {
		t.Errorf("the artifact is %+v", folder)
	}
	to := t.TempDir()
	if err := Lay(ctx, s, folder, filepath.Join(to, "src")); err != nil {
		t.Fatal(err)
	}
	again, err := Keep(ctx, s, to, "src")
	if err != nil || again != folder {
		t.Errorf("kept again it is %+v (%v), want %+v", again, err, folder)
	}
	info, err := os.Stat(filepath.Join(to, "src/sub/run"))
	if err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("a program does not execute any more: %v %v", info, err)
	}
}

// TestMD5IsDVCs computes the folder's digest the way DVC's documentation has it.
func TestMD5IsDVCs(t *testing.T) {
	from := t.TempDir()
	write(t, from, sample)
	a, err := Keep(context.Background(), open(t), from, "src")
	if err != nil {
		t.Fatal(err)
	}
	sum := func(text string) string {
		h := md5.Sum([]byte(text)) //nolint:gosec // as DVC has it
		return hex.EncodeToString(h[:])
	}
	list := `[{"md5": "` + sum("alpha") + `", "relpath": "a.txt"}, {"md5": "` + sum("#!/bin/sh\n") +
		`", "relpath": "sub/run"}, {"md5": "` + sum("beta") + `", "relpath": "\u00fc <1>.txt"}]`
	if want := sum(list) + ".dir"; a.MD5 != want {
		t.Errorf("md5 %s, want %s", a.MD5, want)
	}
}

func TestARepositoryHasTheStoresDigests(t *testing.T) {
	ctx, s, dir := context.Background(), open(t), t.TempDir()
	write(t, dir, sample)
	write(t, dir, map[string]string{"src/.git/config": "x", "src/__pycache__/a.pyc": "y"})
	places := map[string]string{"folder": dir, "bucket": "file://" + dir}
	for name, at := range places {
		r, err := NewRepository(ctx, "", t.TempDir(), at)
		if err != nil {
			t.Fatal(err)
		}
		for path, from := range map[string]string{"one": "one", "src": "src"} {
			got, err := r.Stat(ctx, path)
			if err != nil {
				t.Fatalf("%s: %s: %v", name, path, err)
			}
			to := t.TempDir()
			if err := r.Lay(ctx, path, filepath.Join(to, from)); err != nil {
				t.Fatal(err)
			}
			want, err := Keep(ctx, s, to, from)
			if err != nil || got != want {
				t.Errorf("%s: %s is %+v, laid down %+v (%v)", name, path, got, want, err)
			}
		}
		if _, err := r.Stat(ctx, "two"); !IsMissing(err) || !strings.Contains(err.Error(), "two is not there") {
			t.Errorf("%s: a missing file: %v", name, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestALinkIsNoOut(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "out")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if _, err := Keep(context.Background(), open(t), dir, "out"); err == nil ||
		!strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a link to a file elsewhere was kept: %v", err)
	}
	if _, err := Keep(context.Background(), open(t), dir, "nothing"); !IsMissing(err) {
		t.Errorf("a missing out: %v", err)
	}
}

func FuzzTree(f *testing.F) {
	f.Add([]byte(`{"files":[{"path":"a/b","digest":"sha256:` + strings.Repeat("0", 64) + `"}]}`))
	f.Add([]byte(`{"files":[{"path":"../b","digest":"sha256:` + strings.Repeat("0", 64) + `"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := decodeTree(b)
		if err != nil {
			return
		}
		for _, e := range entries {
			if full := filepath.Join("/folder", e.Path); !strings.HasPrefix(full, "/folder/") {
				t.Errorf("%q leaves its folder", e.Path)
			}
		}
	})
}
