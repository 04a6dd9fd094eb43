// Package release builds a release as its workflow does, from a tagged copy of the
// sources, for one program and one platform: the others differ in time only.
package release

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

const (
	version = "v0.1.0"
	program = "ashlar-runtime" // the smallest; its packages are in the build cache of other tests
)

// command runs a command in a folder and returns what it said.
func command(dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	cmd.Env = append(cmd.Env, env...)
	said, err := cmd.CombinedOutput()
	if err != nil {
		return string(said), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, said)
	}
	return string(said), nil
}

func must(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	said, err := command(dir, nil, name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// tagged is a repository with the sources as they are here, changes included, and a
// tag at its only commit.
func tagged(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		t.Skip("skipped: these sources are not a git repository that could be copied")
	}
	dir := filepath.Join(t.TempDir(), "sources")
	files := must(t, root, "git", "-c", "safe.directory=*", "ls-files", "-z", "--cached",
		"--others", "--exclude-standard")
	for _, name := range strings.Split(strings.Trim(files, "\x00"), "\x00") {
		info, err := os.Lstat(filepath.Join(root, name))
		if os.IsNotExist(err) || err == nil && !info.Mode().IsRegular() {
			continue // removed here, or a link of a test's data
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	must(t, dir, "git", "init", "-q", "-b", "main")
	must(t, dir, "git", "add", "-A")
	must(t, dir, "git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "Begin")
	must(t, dir, "git", "tag", version)
	return dir
}

// built releases the program and returns the files by name.
func built(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if said, err := command(dir, []string{"PLATFORMS=" + platform}, filepath.Join(dir, ".ci", "release"),
		version, program); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	out := map[string][]byte{}
	folder := filepath.Join(dir, "dist", "release")
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if out[e.Name()], err = os.ReadFile(filepath.Join(folder, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestTwoReleasesOfOneTagAreTheSameBytes(t *testing.T) {
	one := tagged(t)
	other := filepath.Join(t.TempDir(), "elsewhere", "deeper")
	must(t, one, "git", "clone", "-q", one, other)
	first, second := built(t, one), built(t, other)
	binary := program + "_" + version + "_" + runtime.GOOS + "_" + runtime.GOARCH
	for _, name := range []string{binary, binary + ".cdx.json", "SHA256SUMS"} {
		if len(first[name]) == 0 || !bytes.Equal(first[name], second[name]) {
			t.Errorf("%s has %d and %d bytes, or other bytes", name, len(first[name]), len(second[name]))
		}
	}
	if len(first) != 3 || len(second) != 3 {
		t.Errorf("%d and %d files", len(first), len(second))
	}
	checkSums(t, first)
	checkBill(t, first[binary+".cdx.json"], first[binary])
	// The program has neither folder in it, and its tag and commit.
	if bytes.Contains(first[binary], []byte(one)) {
		t.Errorf("%s names the folder that it was built in", binary)
	}
	told := must(t, one, "go", "version", "-m", filepath.Join("dist", "release", binary))
	for _, want := range []string{version, "vcs.revision=" +
		strings.TrimSpace(must(t, one, "git", "rev-parse", "HEAD")), "vcs.modified=false",
		"-trimpath=true", "CGO_ENABLED=0"} {
		if !strings.Contains(told, want) {
			t.Errorf("%s does not say %s", binary, want)
		}
	}
	refusals(t, one)
}

// checkSums compares each file with its line of SHA256SUMS.
func checkSums(t *testing.T, files map[string][]byte) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(string(files["SHA256SUMS"])), "\n")
	for name, text := range files {
		if want := fmt.Sprintf("%x  %s", sha256.Sum256(text), name); name != "SHA256SUMS" &&
			!slices.Contains(lines, want) {
			t.Errorf("SHA256SUMS lacks %q", want)
		}
	}
	if len(lines) != len(files)-1 {
		t.Errorf("%d sums of %d files", len(lines), len(files)-1)
	}
}

// checkBill wants the bill to be that of the binary, and to name a module that is
// surely in it.
func checkBill(t *testing.T, text, binary []byte) {
	t.Helper()
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(text), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	main := bom.Metadata.Component
	if main.Name != program || main.Version != version ||
		(*main.Hashes)[0].Value != fmt.Sprintf("%x", sha256.Sum256(binary)) {
		t.Errorf("the bill is of %s %s", main.Name, main.Version)
	}
	if !slices.ContainsFunc(*bom.Components,
		func(c cdx.Component) bool { return c.Name == "modernc.org/sqlite" && c.Version != "" }) {
		t.Errorf("none of %d components is SQLite", len(*bom.Components))
	}
}

// refusals are releases that must not be made.
func refusals(t *testing.T, dir string) {
	t.Helper()
	release := filepath.Join(dir, ".ci", "release")
	for _, c := range []struct {
		name, version, want string
		before              func() error
	}{
		{"no version", "", "name a version", nil},
		{"a version that is code", "v1.0.0;id", "name a version", nil},
		{"files of an older release", version, "exists; remove it first", nil},
		{"a tag that does not exist", "v0.2.0", "HEAD is not tagged v0.2.0",
			func() error { return os.RemoveAll(filepath.Join(dir, "dist")) }},
		{"a change", version, "not committed",
			func() error { return os.WriteFile(filepath.Join(dir, "README.md"), []byte("x"), 0o600) }},
	} {
		if c.before != nil {
			if err := c.before(); err != nil {
				t.Fatal(err)
			}
		}
		if said, err := command(dir, nil, release, c.version, program); err == nil || !strings.Contains(said, c.want) {
			t.Errorf("%s: %v\n%s", c.name, err, said)
		}
	}
}
