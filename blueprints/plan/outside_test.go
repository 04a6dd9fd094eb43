package plan

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestALinkThatLeadsOutIsToldFromOtherErrors(t *testing.T) {
	outside, dir := filepath.Join(t.TempDir(), "secret"), t.TempDir()
	for _, file := range []string{outside, filepath.Join(dir, "file")} {
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"out": outside, "in": "file", "nowhere": filepath.Join(dir, "none"),
		"up": "../none", "loop": "loop"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, want := range map[string]bool{"file": false, "in": false, "out": true, "nowhere": false, "up": false,
		"loop": false, "none": false} {
		_, err := root.Stat(name)
		if got := LeadsOut(filepath.Join(dir, name), err); got != want {
			t.Errorf("%s: %v of %v, want %v", name, got, err, want)
		}
	}
	for _, err := range []error{nil, fs.ErrPermission, &fs.PathError{Op: "open", Path: "file", Err: fs.ErrNotExist}} {
		if LeadsOut(filepath.Join(dir, "file"), err) {
			t.Errorf("%v is said to be a link that leads out", err)
		}
	}
	if !LeadsOut(outside, errors.New("path escapes from parent")) {
		t.Error("a link that leads out is not said to be one")
	}
}
