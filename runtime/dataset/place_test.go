//go:build unix

package dataset

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// TestASourceDoesNotLeaveItsFolderByALink: the file behind the link is on the
// machine that checks a change, and whoever proposes the change made the link.
func TestASourceDoesNotLeaveItsFolderByALink(t *testing.T) {
	elsewhere := t.TempDir()
	dir := t.TempDir()
	write := func(name string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755),
			os.WriteFile(name, []byte("a\n1\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(elsewhere, "secret.csv"))
	write(filepath.Join(dir, "data", "2026", "a.csv"))
	for name, target := range map[string]string{
		"in.csv": "data/2026/a.csv", "current": "data/2026", "out.csv": filepath.Join(elsewhere, "secret.csv"),
		"folder": elsewhere, "environ.csv": "/proc/self/environ",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		"data/2026/a.csv": "", "in.csv": "", "current/a.csv": "", "current/*.csv": "",
		filepath.Join(elsewhere, "secret.csv"): "", filepath.Join(dir, "out.csv"): "", // named by the blueprint itself
		"out.csv":     "out.csv leads out of the blueprint's folder by a link; name the place itself",
		"o*.csv":      "out.csv leads out of the blueprint's folder by a link",
		"folder/*":    "folder/secret.csv leads out of the blueprint's folder by a link",
		"environ.csv": "environ.csv leads out of the blueprint's folder by a link",
		"pipe.csv":    "is not a regular file",
	} {
		got := reading(t, source, dir)
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
	if runtime.GOOS == "linux" {
		for _, source := range []string{"/proc/self/environ", "file:///proc/self/environ", "/proc/self/environ*",
			"/sys/kernel/uevent_seqnum"} {
			if got := reading(t, source, dir); !strings.Contains(got, "which belongs to the kernel") {
				t.Errorf("%s: %q", source, got)
			}
		}
	}
}

// reading is what is wrong with reading the source, "" for nothing.
func reading(t *testing.T, source, dir string) string {
	t.Helper()
	done := make(chan string, 1)
	go func() {
		_, err := ReadAll(t.Context(), plan.Dataset{Source: source, Format: "csv",
			Columns: map[string]plan.Column{"a": {Type: plan.Integer}}}, Options{Dir: dir})
		if err != nil {
			done <- err.Error()
			return
		}
		done <- ""
	}()
	select {
	case text := <-done:
		return text
	case <-time.After(time.Minute):
		t.Fatalf("%s: reading does not end", source)
		return ""
	}
}
