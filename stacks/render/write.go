package render

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
)

// listFile remembers what a rendering wrote, so that the next one removes what
// is no longer there and nothing else.
const listFile = ".ashlar-render"

// Write writes the files of the named kind (see Files.Only) under dir, each
// whole or not at all, and removes those of an earlier rendering of the kind
// that are no longer among them. Files of others are left alone. Secrets are
// readable by their owner only.
// The list is written last. Until then it names the files of the rendering before,
// so a process that is killed leaves nothing unlisted that was listed before.
func Write(dir, kind string, files Files) error {
	before, err := listed(dir)
	if err != nil {
		return err
	}
	files = files.Only(kind)
	// Files of other kinds stay listed, though this rendering has none of them.
	list := slices.DeleteFunc(slices.Clone(before), func(path string) bool { return isKind(path, kind) })
	list = append(list, sorted(files)...)
	slices.Sort(list)
	for _, path := range sorted(files) {
		target := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("render: %w", err)
		}
		mode := fs.FileMode(0o644)
		if strings.HasPrefix(path, secretsDir) {
			mode = 0o600
		}
		if err := renameio.WriteFile(target, files[path], mode); err != nil {
			return fmt.Errorf("render %s: %w", path, err)
		}
	}
	for _, path := range before {
		if slices.Contains(list, path) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(path))); err != nil &&
			!errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("render %s: %w", path, err)
		}
	}
	return renameio.WriteFile(filepath.Join(dir, listFile), []byte(strings.Join(list, "\n")+"\n"), 0o644)
}

// maxList bounds the list of what was rendered.
const maxList = 4 << 20

// listed returns what the last rendering into dir wrote: local paths only,
// whatever the file says.
// A path that leads out of dir is left out: the list is a file that anybody who can
// write to the folder may edit, and Write removes what is in it.
func listed(dir string) ([]string, error) {
	f, err := os.Open(filepath.Join(dir, listFile)) //nolint:gosec // below the folder that the user named
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxList+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	if len(text) > maxList {
		return nil, fmt.Errorf("render: %s has more than %d MiB; it is not a list of rendered files", listFile,
			maxList>>20)
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && filepath.IsLocal(filepath.FromSlash(line)) {
			out = append(out, line)
		}
	}
	return out, nil
}
