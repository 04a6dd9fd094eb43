package confine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// within reports whether the path is the folder or below it.
func within(path, folder string) bool {
	return path == folder || folder == "/" || strings.HasPrefix(path, folder+"/")
}

// carve returns places that are the folder without the denied ones: the folder
// itself where none is within it, else its entries, those around a denied one
// carved in turn. A denied folder that is the folder or around it leaves nothing.
//
// Landlock can only allow, and what it allows for a folder holds for all below:
// a denied folder has to be left out by naming its siblings. What is made beside
// them later is therefore closed too. An unreadable folder is left out as a whole.
func carve(folder string, deny []string) []string {
	if slices.ContainsFunc(deny, func(d string) bool { return within(folder, d) }) {
		return nil
	}
	if !slices.ContainsFunc(deny, func(d string) bool { return within(d, folder) }) {
		return []string{folder}
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if e.Type()&os.ModeSymlink != 0 {
			continue // what it points to is a place by itself, or is not
		}
		out = append(out, carve(filepath.Join(folder, e.Name()), deny)...)
	}
	return out
}

// real resolves links, so that places compare; what is not there stays as it is.
// Relative paths are dropped: what they name depends on a folder that can change.
func real(paths []string) []string {
	var out []string
	for _, p := range paths {
		if !filepath.IsAbs(p) {
			continue
		}
		if resolved, err := filepath.EvalSymlinks(p); err == nil {
			p = resolved
		}
		out = append(out, filepath.Clean(p))
	}
	return out
}
