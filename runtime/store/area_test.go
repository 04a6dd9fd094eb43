package store

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestAnAreaIsRemovedAndItsNeighboursStay(t *testing.T) {
	dir := t.TempDir()
	for _, file := range []string{"acme/pr-12/a/objects/1", "acme/pr-12/b/refs/2", "acme/pr-123/a/1", "acme2/pr-12/a/1"} {
		file = filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("four"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := func(folder string) *Area {
		t.Helper()
		a, err := OpenArea(t.Context(), dir, folder)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.Close() })
		return a
	}
	all := open("acme")
	if got, err := all.Folders(t.Context()); err != nil || !slices.Equal(got, []string{"pr-12", "pr-123"}) {
		t.Errorf("%v, %v", got, err)
	}
	one := open("acme/pr-12")
	if n, bytes, err := one.Size(t.Context()); n != 2 || bytes != 8 || err != nil {
		t.Errorf("%d objects of %d bytes, %v", n, bytes, err)
	}
	for range 2 { // the second time there is nothing
		if err := one.Remove(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, _, err := one.Size(t.Context()); n != 0 || err != nil {
			t.Errorf("%d objects are left, %v", n, err)
		}
	}
	for _, folder := range []string{"acme/pr-123", "acme2"} {
		if n, _, err := open(folder).Size(t.Context()); n != 1 || err != nil {
			t.Errorf("%s: %d objects, %v", folder, n, err)
		}
	}
	for _, folder := range []string{"", "/", "acme/", "../acme", "acme/..", "acme//pr-12", "."} {
		if a, err := OpenArea(t.Context(), dir, folder); err == nil {
			t.Errorf("%q is opened", folder)
			_ = a.Close()
		}
	}
}
