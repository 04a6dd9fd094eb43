package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBelowDoesNotLeaveTheFolder(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	dir := t.TempDir()
	for name, text := range map[string]string{outside: "token", filepath.Join(dir, "a.cue"): "package a",
		filepath.Join(dir, "sub", "b.cue"): "package b"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755),
			os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"inside": "sub/b.cue", "absolute": outside,
		"proc": "/proc/self/environ", "up": "../" + filepath.Base(filepath.Dir(outside)) + "/secret",
		"folder": filepath.Dir(outside)} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	files := Below(dir)
	for name, want := range map[string]string{"a.cue": "package a", "sub/b.cue": "package b", "inside": "package b"} {
		if text, err := fs.ReadFile(files, name); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	for _, name := range []string{"absolute", "proc", "up"} {
		if text, err := fs.ReadFile(files, name); err == nil ||
			!strings.Contains(err.Error(), name+" is a link that leads out") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		if _, err := fs.Stat(files, name); err == nil {
			t.Errorf("%s can be looked at", name)
		}
	}
	if list, err := fs.ReadDir(files, "folder"); err == nil {
		t.Errorf("listed %v", list)
	}
	if _, err := fs.ReadFile(files, "folder/secret"); err == nil {
		t.Error("read a file behind a linked folder")
	}
	if _, err := fs.ReadFile(files, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := fs.ReadDir(Below(filepath.Join(dir, "none")), "."); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
