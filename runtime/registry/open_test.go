package registry

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("this is no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer ? #1%.db")
	r := place{location: newer}.open(t)
	run(t, r.db, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`)
	if _, err := os.Stat(newer); err != nil {
		t.Errorf("the file is not where it was asked for: %v", err)
	}
	for location, want := range map[string]string{
		"": "no location", garbage: "not a database", newer: "newer Ashlar",
		filepath.Join(garbage, "r.db"): "not a directory",
		"mysql://user:secret@host/db":  "name a file for SQLite",
	} {
		_, err := Open(t.Context(), location, Options{Now: clock()})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want it to say %q", location, err, want)
		}
	}
	file := filepath.Join(dir, "x.db")
	secret := Login{Credentials: func(context.Context, Target) (string, string, error) { return "", "", nil }}
	if _, err := Open(t.Context(), file, Options{Now: clock(), Login: secret}); err == nil ||
		!strings.Contains(err.Error(), "takes no name") {
		t.Errorf("a file with a password: %v", err)
	}
	if _, err := Open(t.Context(), file, Options{}); err == nil || !strings.Contains(err.Error(), "clock") {
		t.Errorf("without a clock: %v", err)
	}
}
