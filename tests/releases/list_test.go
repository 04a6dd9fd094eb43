package releases

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// released are the headings of the changelog that name a version.
var released = regexp.MustCompile(`(?m)^## \[?v?(\d+\.\d+\.\d+[0-9A-Za-z.-]*)`)

// unkept are the versions of the changelog that the list does not have.
func unkept(changelog string, all []Release) []string {
	var out []string
	for _, m := range released.FindAllStringSubmatch(changelog, -1) {
		if !slices.ContainsFunc(all, func(r Release) bool { return r.Name == "v"+m[1] }) {
			out = append(out, "v"+m[1])
		}
	}
	return out
}

// TestEveryReleaseOfTheChangelogIsKept fails between the changelog's entry and the tag,
// until what the release writes is kept.
func TestEveryReleaseOfTheChangelogIsKept(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range unkept(string(text), all) {
		t.Errorf("CHANGELOG.md has %s, and tests/releases/list has not: run tests/releases/add.sh %s, see README.md", name, name)
	}
	const two = "## Unreleased\n\n## [0.1.0] - 2027-01-01\n### Added 9.9.9\n## v0.0.9\n"
	if got := unkept(two, []Release{{Name: "v0.0.9"}}); !slices.Equal(got, []string{"v0.1.0"}) {
		t.Errorf("found %v of a changelog that lacks one", got)
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
