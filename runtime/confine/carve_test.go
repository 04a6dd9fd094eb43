package confine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree makes folders and returns their root, without links in its path.
func tree(t *testing.T, dirs ...string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestAClosedFolderIsCarvedOut(t *testing.T) {
	root := tree(t, "a/b/state/run", "a/b/other", "a/c", "d")
	if err := os.Symlink(filepath.Join(root, "a/b/state"), filepath.Join(root, "a/link")); err != nil {
		t.Fatal(err)
	}
	under := func(names ...string) []string {
		for i := range names {
			names[i] = filepath.Join(root, names[i])
		}
		return names
	}
	for name, c := range map[string]struct{ deny, want []string }{
		"none":            {nil, under("")},
		"one deep":        {under("a/b/state"), under("a/b/other", "a/c", "d")},
		"the folder":      {under(""), nil},
		"one around":      {[]string{filepath.Dir(root)}, nil},
		"one elsewhere":   {[]string{"/nowhere"}, under("")},
		"a name's prefix": {under("a/b/stat"), under("a/b/other", "a/b/state", "a/c", "d")},
	} {
		got := carve(filepath.Clean(root), c.deny)
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestProgramsComeWithWhatTheyAreInstalledWith(t *testing.T) {
	root := tree(t, "base/bin", "home/project/.venv/bin", "home/bin", "home/.local/bin", "home/.local/share/uv",
		"home/.local/share/keyrings", "home/.ssh")
	at := func(name string) string { return filepath.Join(root, name) }
	if err := os.WriteFile(at("home/project/.venv/pyvenv.cfg"),
		[]byte("home = "+at("base/bin")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := strings.Join([]string{at("home/project/.venv/bin"), at("home/bin"), at("home/.local/bin"), "relative"},
		string(os.PathListSeparator))
	got := programPlaces(path, []string{at("home"), at("home/project")})
	for place, want := range map[string]bool{
		"home/project/.venv": true, "base": true, "home/bin": true, "home/.local/bin": true,
		"home/.local/share/uv": true,
		"home":                 false, "home/project": false, "home/.local": false,
		"home/.local/share": false, "": false,
	} {
		if slices.Contains(got, filepath.Join(root, place)) != want {
			t.Errorf("%q is open: %v, want %v (%v)", place, !want, want, got)
		}
	}
}
