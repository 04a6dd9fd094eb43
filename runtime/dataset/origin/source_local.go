package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
)

// resolveLocal finds files in folders.
//
// A name that exists is taken literally, so files with brackets in their names
// can be read. Files are in the order of their paths. Folders that match are
// left out.
func resolveLocal(text string, at Where) (*Source, error) {
	full := filepath.FromSlash(text)
	if !filepath.IsAbs(full) {
		full = filepath.Join(at.Dir, full)
	}
	from := placeOf(text, at.Dir)
	var paths []string
	info, err := from.stat(full)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a folder: name a file in it or a glob such as %s", text, path.Join(text, "*.csv"))
	case err == nil:
		paths = []string{full}
	case !isGlob(text):
		return nil, missingFile(text, full, err)
	default:
		if paths, err = filepath.Glob(full); err != nil {
			return nil, fmt.Errorf("%s: not a glob: %w", text, err)
		}
	}
	src := &Source{Close: func() error { return nil }}
	base := globBase(full, string(filepath.Separator))
	slices.Sort(paths)
	for _, p := range paths {
		info, err := from.stat(p)
		if err != nil {
			return nil, fmt.Errorf("dataset file: %w", err)
		}
		if info.IsDir() {
			continue
		}
		rel, err := filepath.Rel(base, p)
		if err != nil {
			return nil, fmt.Errorf("dataset file: %w", err)
		}
		src.Files = append(src.Files, from.file(p, filepath.ToSlash(rel),
			filepath.ToSlash(shownPath(text, at.Dir, p)), info.Size()))
	}
	if len(src.Files) == 0 {
		return nil, fmt.Errorf("%s: no file matches; the glob is looked up under %s", text,
			globBase(full, string(filepath.Separator)))
	}
	src.Many = len(src.Files) > 1
	return src, nil
}

// shownPath is a file's path as the blueprint would write it.
func shownPath(text, dir, p string) string {
	if filepath.IsAbs(filepath.FromSlash(text)) {
		return p
	}
	if rel, err := filepath.Rel(dir, p); err == nil {
		return rel
	}
	return p
}

func (p place) file(full, name, shown string, size int64) File {
	return File{Name: name, Path: shown, Size: size,
		Open:   func(context.Context) (io.ReadCloser, error) { return opened[io.ReadCloser](p.open(full)) },
		OpenAt: func(context.Context) (ReaderAtCloser, error) { return opened[ReaderAtCloser](p.open(full)) },
	}
}

// opened keeps a file that could not be opened from being an interface that is not nil.
func opened[T any](f *os.File, err error) (out T, _ error) {
	if err != nil {
		return out, err
	}
	return any(f).(T), nil
}

// missingFile says what lies where a file was looked for.
//
// The nearest name is suggested, or a few names of the folder: most missing
// files are mistyped.
func missingFile(text, full string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("dataset source: %w", err)
	}
	entries, dirErr := os.ReadDir(filepath.Dir(full))
	if dirErr != nil {
		return fmt.Errorf("%s: no such file, nor a folder %s: %w", text, filepath.Dir(full), err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	hint := nearest.Hint(filepath.Base(full), names)
	switch {
	case len(names) == 0:
		hint = "the folder contains no files"
	case hint == "":
		hint = "the folder contains " + literal.Quoted(nearest.First(filepath.Base(full), names), 5)
	}
	return fmt.Errorf("%s: no such file in %s; %s: %w", text, filepath.Dir(full), hint, fs.ErrNotExist)
}

func isGlob(s string) bool { return strings.ContainsAny(s, "*?[") }

// globBase returns the folder above the first wildcard, or above the file.
func globBase(p, separator string) string {
	if i := strings.IndexAny(p, "*?["); i >= 0 {
		p = p[:i]
	}
	if i := strings.LastIndex(p, separator); i > 0 {
		return p[:i]
	} else if i == 0 {
		return separator
	}
	return "."
}
