package revision

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// repository is a work tree with one commit of 1 November 2026.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.cue"), "a: 1\n")
	git(t, dir, "init", "-q", "-b", "main", "--template=")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "Begin")
	return dir
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=Ada",
		"-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "HOME="+t.TempDir(),
		"GIT_AUTHOR_DATE=2026-11-01T00:00:00Z", "GIT_COMMITTER_DATE=2026-11-01T00:00:00Z")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, said)
	}
}

// head reads the repository around dir.
func head(t *testing.T, dir, without string) Head {
	t.Helper()
	h, err := HeadOf(t.Context(), dir, without)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAHeadIsOfItsWorkTreeUntilSomethingChanges(t *testing.T) {
	dir := repository(t)
	h := head(t, dir, "")
	if len(h.Commit) != 40 || !h.Time.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) ||
		h.Changed || h.Source != "" {
		t.Errorf("got %+v", h)
	}
	out := filepath.Join(dir, "deploy")
	write(t, filepath.Join(out, "manifests", "x.yaml"), "kind: Service\n")
	if !head(t, dir, "").Changed || !head(t, out, "").Changed {
		t.Error("a new file is no change")
	}
	if head(t, out, out).Changed {
		t.Error("what was generated is a change")
	}
	write(t, filepath.Join(dir, "a.cue"), "a: 2\n")
	if !head(t, out, out).Changed {
		t.Error("a changed blueprint is no change, seen from the folder that was generated")
	}
}

func TestWhatIsInNoRepositoryHasNoHead(t *testing.T) {
	if h, err := HeadOf(t.Context(), t.TempDir(), ""); err == nil {
		t.Errorf("got %+v", h)
	}
}

func TestARemoteIsNamedWithoutWhatOpensIt(t *testing.T) {
	dir := repository(t)
	git(t, dir, "remote", "add", "origin", "https://ci:hunter2@github.com/acme/ml.git?token=hunter2#x")
	if got := head(t, dir, "").Source; got != "https://github.com/acme/ml.git" {
		t.Errorf("got %q", got)
	}
	for remote, want := range map[string]string{
		"git@github.com:acme/ml.git":       "ssh://github.com/acme/ml.git",
		"ssh://git@github.com:22/acme/ml":  "ssh://github.com:22/acme/ml",
		"/home/ada/ml":                     "",
		"file:///home/ada/ml":              "",
		"../ml":                            "",
		"":                                 "",
		"https://oauth2:t0k3n@example.com": "https://example.com",
	} {
		if got := sourceURL(remote); got != want {
			t.Errorf("%q is %q, want %q", remote, got, want)
		}
	}
}
