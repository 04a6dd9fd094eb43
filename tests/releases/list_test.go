package releases

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folders are the releases' names and what they wrote.
func folders(t *testing.T) map[string]string {
	t.Helper()
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no release is listed; has the list moved?")
	}
	out := map[string]string{}
	for _, r := range all {
		out[r.Name] = filepath.Join("testdata", r.Name)
	}
	return out
}

func TestEveryReleaseIsListedAndKept(t *testing.T) {
	listed := folders(t)
	for name, dir := range listed {
		for _, what := range []string{"released.cue", "state/registry.db", "plans", "postgres.sql", "migrations"} {
			if _, err := os.Stat(filepath.Join(dir, what)); err != nil {
				t.Errorf("release %s: %v; see README.md", name, err)
			}
		}
	}
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if listed[e.Name()] == "" && e.Name() != "blueprint" {
			t.Errorf("testdata/%s is kept and not in the list", e.Name())
		}
	}
}

func TestTheListIsReadStrictly(t *testing.T) {
	for text, want := range map[string]string{
		"0 1 0\n# a comment\n\nv1 2 1\n": "",
		"0 1\n":                          "want a name",
		"0 x 0\n":                        "want a name",
		"v1 2 1\nv2 1 1\n":               "v2 has less than v1",
	} {
		if _, err := parse(text); (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
