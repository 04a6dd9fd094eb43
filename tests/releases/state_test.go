package releases

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/tests/ashlar"
)

// laptop is a folder that a release has left, and the present ashlar.
type laptop struct {
	t           *testing.T
	dir, binary string
}

func newLaptop(t *testing.T, binary, release string) laptop {
	t.Helper()
	l := laptop{t, filepath.Join(t.TempDir(), "work"), binary}
	if err := os.CopyFS(l.dir, os.DirFS(release)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(l.dir, "state"), filepath.Join(l.dir, ".ashlar")); err != nil {
		t.Fatal(err)
	}
	return l
}

// run runs a verb in the folder and returns what it prints.
func (l laptop) run(args ...string) string {
	l.t.Helper()
	c := exec.Command(l.binary, args...)
	c.Dir = l.dir
	out, err := c.CombinedOutput()
	if err != nil {
		l.t.Errorf("ashlar %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// versions are the models' versions and their status, as model list shows them.
func (l laptop) versions() map[int]string {
	l.t.Helper()
	var listed []struct {
		Version int
		Status  string
	}
	if err := json.Unmarshal([]byte(l.run("model", "list", "--output", "json")), &listed); err != nil {
		l.t.Fatal(err)
	}
	out := map[int]string{}
	for _, v := range listed {
		out[v.Version] = v.Status
	}
	return out
}

// TestTheStateOfEveryReleaseIsReadAndWritten goes on working in the folder that a release
// left: reads its registry, records and store, decides, trains and serves.
func TestTheStateOfEveryReleaseIsReadAndWritten(t *testing.T) {
	binary := ashlar.Build(t)
	for name, dir := range folders(t) {
		t.Run(name, func(t *testing.T) {
			l := newLaptop(t, binary, dir)
			readStore(t, filepath.Join(l.dir, ".ashlar", "store"))
			if v := l.versions(); v[1] != "approved" || v[2] != "pending" {
				t.Errorf("versions: %v", v)
			}
			l.run("model", "audit", "--verify")
			for _, verb := range [][]string{{"runs", "list"}, {"runs", "show", "last"},
				{"model", "show", "lateness", "1"},
				{"pipeline", "list"}} {
				if said := l.run(verb...); !strings.Contains(said, "lateness") {
					t.Errorf("%s: %s", verb, said)
				}
			}
			l.run("model", "approve", "lateness", "2", "--by", "grace")
			if said := l.run("up", "--once"); !strings.Contains(said, "scoring serves lateness version 2") {
				t.Errorf("up: %s", said)
			}
			text, err := os.ReadFile(filepath.Join(l.dir, "released.cue"))
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(text), `"logistic_regression"`,
				"\"logistic_regression\"\n\t\tparams: C: 0.25", 1)
			if err := os.WriteFile(filepath.Join(l.dir, "released.cue"), []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			l.run("up", "--once")
			if v := l.versions(); len(v) != 3 || v[3] != "pending" {
				t.Errorf("versions after training: %v", v)
			}
			l.run("model", "audit", "--verify")
		})
	}
}

// readStore reads every ref, and every object by its digest.
func readStore(t *testing.T, dir string) {
	t.Helper()
	s, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	refs, err := s.ListRefs(t.Context(), "")
	if err != nil || len(refs) < 10 {
		t.Fatalf("%d refs, %v", len(refs), err)
	}
	for _, name := range refs {
		if _, err := s.GetRef(t.Context(), name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	objects := 0
	err = filepath.WalkDir(filepath.Join(dir, "objects", "sha256"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		objects++
		_, err = s.GetBytes(t.Context(), "sha256:"+filepath.Base(filepath.Dir(path))+d.Name(), 1<<20)
		return err
	})
	if err != nil || objects < 8 {
		t.Errorf("%d objects, %v", objects, err)
	}
}
