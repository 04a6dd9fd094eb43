package main

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/backup"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

// backups makes a place with two backups of the repository, the second with one object
// more, and returns the ID of the first.
func (w *flagWorld) backups(t *testing.T, dir string) string {
	t.Helper()
	place, err := store.Open(t.Context(), filepath.Join(w.template, "away"))
	if err != nil {
		t.Fatal(err)
	}
	defer place.Close()
	var first string
	for _, more := range []string{"", "an object"} {
		state, err := local.OpenState(t.Context(), filepath.Join(dir, ".ashlar"), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if more != "" {
			_, _, err = state.Store.Put(t.Context(), strings.NewReader(more))
		}
		made, failed := backup.Make(t.Context(), backup.Config{Place: place, Store: state.Store,
			Registry: state.Registry, Now: time.Now})
		if err := errors.Join(err, failed, state.Close()); err != nil {
			t.Fatal(err)
		}
		first = cmp.Or(first, made.ID)
	}
	return first
}

// away is the word for a copy of the place with backups, outside of what look shows;
// none where the line does not have it.
func (w *flagWorld) away(t *testing.T, line string) []string {
	t.Helper()
	if !strings.Contains(line, "$away") {
		return nil
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(w.template, "away"))); err != nil {
		t.Fatal(err)
	}
	return []string{"$away", dir}
}
