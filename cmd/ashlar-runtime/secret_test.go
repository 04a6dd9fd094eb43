package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// TestTheDatabasesFileIsReadBeforeEachConnection: a pod that runs has its variable from
// the start, and its file as the Secret is now.
func TestTheDatabasesFileIsReadBeforeEachConnection(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ASHLAR_DATABASE")
	e := env{"ASHLAR_DATABASE": "postgres://ada:one@db.example.com/x?sslmode=disable", "ASHLAR_DATABASE_FILE": file}
	a := &app{getenv: e.get}
	s, err := a.settings(needs{migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	opt, err := a.options(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"one", "two"} {
		if _, password, err := opt.Login.Credentials(t.Context(), registry.Target{}); err != nil || password != want {
			t.Errorf("%q, %v; want %q", password, err, want)
		}
		if err := os.WriteFile(file, []byte("postgres://ada:two@db.example.com/x?sslmode=disable"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
