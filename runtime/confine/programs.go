package confine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// interpreters are programs whose own folder may be elsewhere than where they
// are found: links of version managers and of virtual environments.
var interpreters = []string{"sh", "bash", "python3", "python", "R", "julia", "node", "java", "conda", "mamba",
	"micromamba", "dvc", "mlflow"}

// binaries are names of folders of programs, whose parent is what they are
// installed with.
var binaries = []string{"bin", "sbin", "shims", "condabin", "Scripts"}

// programPlaces are the folders of the PATH and the trees that their programs
// are installed with. A tree that holds one of the closed folders, such as a
// home, is no such tree.
// Interpreters are followed through their links: a virtual environment's python is
// a link to one elsewhere, and reads its library beside that.
func programPlaces(path string, closed []string) []string {
	var out []string
	add := func(place string) {
		if place != "" && !slices.Contains(out, place) {
			out = append(out, place)
		}
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		dir = real([]string{dir})[0]
		add(dir)
		for _, tree := range installed(dir, closed) {
			add(tree)
		}
		for _, name := range interpreters {
			link := filepath.Join(dir, name)
			if _, err := os.Readlink(link); err != nil {
				continue // it is not there, or not elsewhere
			}
			program, err := filepath.EvalSymlinks(link)
			if err != nil {
				continue
			}
			add(program)
			for _, tree := range installed(filepath.Dir(program), closed) {
				add(tree)
			}
		}
	}
	return out
}

// installed are the trees that a folder of programs belongs to.
// A tree such as /usr/local is read as a whole; one that holds a home or a denied
// folder only by the parts where package managers keep libraries. pyvenv.cfg leads
// on to the interpreter that an environment was made from, which may itself be in
// another environment.
func installed(bin string, closed []string) []string {
	tree := filepath.Dir(bin)
	if !slices.Contains(binaries, filepath.Base(bin)) || tree == "/" {
		return nil
	}
	if holds(tree, closed) || filepath.Base(tree) == ".local" {
		return existing(filepath.Join(tree, "lib"), filepath.Join(tree, "share", "uv"), filepath.Join(tree, "pipx"),
			filepath.Join(tree, "share", "pipx"))
	}
	out := []string{tree}
	if base := baseOf(filepath.Join(tree, "pyvenv.cfg")); base != "" && base != bin {
		for _, b := range real([]string{base}) {
			out = append(append(out, b), installed(b, closed)...)
		}
	}
	return out
}

// holds reports whether one of the closed folders is the tree or within it.
func holds(tree string, closed []string) bool {
	return slices.ContainsFunc(closed, func(c string) bool { return within(c, tree) })
}

// existing are those of the paths that are there.
func existing(paths ...string) []string {
	return slices.DeleteFunc(paths, func(p string) bool { _, err := os.Stat(p); return err != nil })
}

// baseOf is the folder of the interpreter that a virtual environment uses.
// The file is pyvenv.cfg, of PEP 405: lines of "key = value".
func baseOf(file string) string {
	b, err := plan.ReadFile(file, 1<<16)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		key, value, _ := strings.Cut(line, "=")
		if value = strings.TrimSpace(value); strings.TrimSpace(key) == "home" && filepath.IsAbs(value) {
			return value
		}
	}
	return ""
}
