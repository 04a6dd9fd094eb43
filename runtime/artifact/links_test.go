//go:build unix

package artifact

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/store"
)

// linked is a folder with what may be named in it and what may not.
func linked(t *testing.T) string {
	t.Helper()
	elsewhere, dir := t.TempDir(), t.TempDir()
	err := errors.Join(os.MkdirAll(filepath.Join(dir, "src"), 0o755),
		os.WriteFile(filepath.Join(dir, "src", "a.py"), []byte("print(1)"), 0o600),
		os.MkdirAll(filepath.Join(dir, "tree"), 0o755), os.MkdirAll(filepath.Join(dir, "pipes"), 0o755),
		os.WriteFile(filepath.Join(elsewhere, "key"), []byte("secret"), 0o600))
	for name, target := range map[string]string{
		"in.py": "src/a.py", "key": filepath.Join(elsewhere, "key"), "folder": elsewhere,
		"tree/key": filepath.Join(elsewhere, "key"), "environ": "/proc/self/environ", "up": "..",
	} {
		err = errors.Join(err, os.Symlink(target, filepath.Join(dir, name)))
	}
	if err = errors.Join(err, syscall.Mkfifo(filepath.Join(dir, "pipes", "pipe"), 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestADepDoesNotLeaveTheRepositoryByALink(t *testing.T) {
	r, err := NewRepository(t.Context(), linked(t))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"src/a.py": "", "in.py": "", "src": "", "key": "key leads out", "folder/key": "folder/key leads out",
		"tree":    "tree/key leads out",
		"environ": "environ leads out", "up": "up leads out", "../x": "", "pipes": "pipes/pipe is not a regular file",
	} {
		_, err := r.Digest(t.Context(), path)
		switch {
		case path == "../x":
			if err == nil {
				t.Error("a path outside was read")
			}
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

func TestAnOutDoesNotLeaveTheWorkFolderByALink(t *testing.T) {
	dir := linked(t)
	s, err := store.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{"src/a.py": true, "src": true, "in.py": false, "key": false,
		"folder/key": false, "tree": false, "environ": false, "pipes/pipe": false, "pipes": false, "up/x": false} {
		if _, err := Keep(t.Context(), s, dir, path); (err == nil) != want {
			t.Errorf("keep %s: %v", path, err)
		}
		if want && path == "src" {
			continue
		}
		if _, err := Read(dir, path, 100); (err == nil) != want {
			t.Errorf("read %s: %v", path, err)
		}
	}
	if _, err := Read(dir, "src/a.py", 3); err == nil || !strings.Contains(err.Error(), "more than 3 bytes") {
		t.Errorf("got %v", err)
	}
}
