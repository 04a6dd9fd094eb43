package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

// scriptOf is the script of the named step of a job.
func scriptOf(t *testing.T, text, job, name string) string {
	t.Helper()
	w, errs := actionlint.Parse([]byte(text))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, s := range w.Jobs[job].Steps {
		if run, ok := s.Exec.(*actionlint.ExecRun); ok && s.Name != nil && s.Name.Value == name {
			return run.Run.Value
		}
	}
	t.Fatalf("%s has no step %q", job, name)
	return ""
}

// calls runs a script with a double of gh, for which there is a release already or
// not, and returns what gh was called for.
func calls(t *testing.T, script string, released bool) string {
	t.Helper()
	bin, dir := t.TempDir(), t.TempDir()
	gh := "#!/bin/bash\necho \"$1 $2\" >> \"$CALLS\"\n"
	if released {
		gh += "[ \"$1 $2\" != \"release create\" ]\n"
	}
	if err := os.WriteFile(filepath.Join(bin, "gh"), []byte(gh), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "CALLS="+
		filepath.Join(dir, "calls"),
		"GITHUB_REF_NAME=v1.0.0", "GITHUB_REPOSITORY=acme/shop", "GITHUB_SHA=HEAD", "RUNNER_TEMP="+dir)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	got, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Split(strings.TrimSpace(string(got)), "\n"), ", ")
}

// TestTwoWorkflowsMakeOneRelease: a tag of Ashlar's repository starts both workflows,
// and either may be the first.
func TestTwoWorkflowsMakeOneRelease(t *testing.T) {
	source := rendered(t, shapes["source"])
	programs := scriptOf(t, source[Folder+"/release.yml"], "publish", "Release")
	plans := scriptOf(t, source[Folder+"/ashlar-release.yml"], "release",
		"Release, with what changed since the last one")
	for _, c := range []struct {
		script   string
		released bool
		want     string
	}{
		{programs, false, "release create"},
		{programs, true, "release create, release upload"},
		{plans, false, "release create"},
		{plans, true, "release create, release edit, release upload"},
	} {
		if got := calls(t, c.script, c.released); got != c.want {
			t.Errorf("with a release %v: gh was called for %s, want %s", c.released, got, c.want)
		}
	}
}

func TestOnlyAshlarsOwnRepositoryReleasesItsPrograms(t *testing.T) {
	for shape, r := range shapes {
		_, there := rendered(t, r)[Folder+"/release.yml"]
		if there != (r.Version == FromSource) {
			t.Errorf("%s: release.yml is there: %v", shape, there)
		}
	}
}
