package registry

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// filesIn are the names of what is in the folder.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestARegistryIsReadWithoutATrace(t *testing.T) {
	dir := t.TempDir()
	p := written(t, place{location: filepath.Join(dir, "r.db")})
	for _, beside := range []string{"-wal", "-shm", ".lock"} { // as a copy or a mount has it
		_ = os.Remove(p.location + beside)
	}
	before := filesIn(t, dir)
	r, err := Open(t.Context(), p.location, Options{Now: clock(), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	verify(t, r)
	if v, err := r.Versions(t.Context(), "m"); err != nil || len(v) != 2 {
		t.Errorf("%d versions, %v", len(v), err)
	}
	if after := filesIn(t, dir); !slices.Equal(before, after) {
		t.Errorf("there was %v, and now there is %v", before, after)
	}
	if _, err := r.Approve(t.Context(), "m", 2, Decision{By: "grace"}); err == nil ||
		!strings.Contains(err.Error(), "for reading only") {
		t.Errorf("a decision: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsWrittenMeanwhileIsReadAlong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.db")
	writer := place{location: file}.open(t) // keeps the log open
	register(t, writer, candidate("m", "1"))
	r, err := Open(t.Context(), file, Options{Now: clock(), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	register(t, writer, candidate("m", "2"))
	if v, err := r.Versions(t.Context(), "m"); err != nil || len(v) != 2 {
		t.Errorf("%d versions, %v", len(v), err)
	}
	verify(t, r)
}

func TestNothingIsMadeToBeReadOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "none", "r.db")
	r, err := Open(t.Context(), file, Options{Now: clock(), ReadOnly: true})
	if err == nil {
		r.Close()
		t.Error("a registry that is not there was opened")
	}
	if _, err := os.Stat(filepath.Dir(file)); err == nil {
		t.Error("its folder was made")
	}
}
