package login

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// TestAFilesPasswordIsReadForEachConnection: as a mounted Secret changes it, and as it is
// before the Secret is there.
func TestAFilesPasswordIsReadForEachConnection(t *testing.T) {
	const first = "postgres://ada:one@db.example.com:5432/x?search_path=s"
	file := filepath.Join(t.TempDir(), "database")
	l, err := New(t.Context(), Config{Database: first, File: file})
	if err != nil || !l.OfURL {
		t.Fatalf("%+v, %v", l, err)
	}
	for _, c := range []struct{ text, user, password, says string }{
		{"", "ada", "one", ""}, // no file
		{"postgres://ada:two@db.example.com:5432/x?search_path=s\n", "ada", "two", ""},
		{"postgres://eve@db.example.com:5432/x?search_path=s&password=three", "eve", "three", ""},
		{"postgres://ada:s3cr3t@other.example.com:5432/x?search_path=s", "", "", "restart it"},
		{"postgres://ada:s3cr3t@db.example.com:5432/x?search_path=t", "", "", "restart it"},
		{"postgres://ada:s3cr3t@db.example.com:no/x", "", "", "has no URL"},
		{strings.Repeat("s3cr3t", maxURL), "", "", "larger than"},
	} {
		if c.text != "" {
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		user, password, err := l.Credentials(t.Context(), registry.Target{})
		if user != c.user || password != c.password || (err == nil) != (c.says == "") {
			t.Errorf("%.60q: %q, %q, %v", c.text, user, password, err)
		}
		if err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "s3cr3t")) {
			t.Errorf("%.60q: %v", c.text, err)
		}
	}
}
