package aws

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// linked is a folder with a file beside it that no blueprint's link may hand on.
func linked(t *testing.T, links map[string]string) string {
	t.Helper()
	dir := folder(t, "b/data/own.csv", "b/train.py", "secret.csv", "outside/secret.py")
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(dir, "b", name)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "b")
}

func TestCodeComesThroughLinksThatStayInside(t *testing.T) {
	for name, c := range map[string]struct{ target, dep, want string }{
		"a link inside":     {"train.py", "link", ""},
		"a link to nothing": {"nothing.py", "link", "link: no such file"},
		"a file outside": {"../secret.csv", "link",
			"link leads out of the blueprint's folder by a link; put a copy"},
		"an absolute file":        {"/etc/hostname", "link", "link leads out"},
		"a folder outside":        {"../outside", "link", "link leads out"},
		"a file in such a folder": {"../outside", "link/secret.py", "link/secret.py leads out"},
		"a file that is missing":  {"../outside", "link/none.py", ""},
		"the folder around it":    {"../secret.csv", ".", "link leads out"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, out := linked(t, map[string]string{"link": c.target}), map[string][]byte{}
			err := gather(out, dir, c.dep)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			for file := range out {
				if strings.Contains(file, "secret") {
					t.Errorf("%s was gathered", file)
				}
			}
			if name == "a link inside" && string(out["link"]) != "a,b\n" {
				t.Errorf("gathered %v", out)
			}
		})
	}
}

func TestDataAreUploadedThroughLinksThatStayInside(t *testing.T) {
	dir := linked(t, map[string]string{"in.csv": "data/own.csv", "out.csv": "../secret.csv", "away": "..",
		"hostname": "/etc/hostname"})
	s := &site{cfg: cloud(), plan: &plan.Plan{Name: "b"}}
	s.cfg.Folders = map[string]string{"b": dir}
	for source, want := range map[string]string{
		"data/own.csv": "data/own.csv", "in.csv": "in.csv", "i*.csv": "in.csv", "none.csv": "",
		"out.csv":         "error: out.csv leads out of the blueprint's folder by a link; put a copy",
		"o*.csv":          "error: out.csv leads out",
		"away/secret.csv": "error: away/secret.csv leads out",
		"hostname":        "error: hostname leads out",
		"../secret.csv":   "error: source ../secret.csv leads out",
	} {
		files, err := s.files(plan.Dataset{Source: source})
		got := strings.Join(files, " ")
		if err != nil {
			got = "error: " + err.Error()
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}
