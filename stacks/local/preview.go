package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Kept is what a folder holds: how many files, and their bytes.
type Kept struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
}

// Previews returns the numbers of the pull requests whose previews have a state below
// that of a blueprint, in order.
func Previews(state string) ([]int, error) {
	entries, err := os.ReadDir(filepath.Join(state, previewsFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("previews: %w", err)
	}
	var out []int
	for _, e := range entries {
		if number, ok := plan.PreviewNumber(e.Name()); ok {
			out = append(out, number)
		}
	}
	slices.Sort(out)
	return out, nil
}

// PreviewKept returns what a preview's state holds, and whether there is one.
func PreviewKept(state string, number int) (kept Kept, found bool, err error) {
	folder := PreviewState(state, number)
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return kept, false, nil
	}
	err = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a run has taken it away meanwhile
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		kept.Files++
		kept.Bytes += info.Size()
		return nil
	})
	return kept, true, err
}

// RemovePreview deletes a preview's state and returns what it held; found is false
// where there is none. The state of a preview that runs is an error that names the
// process.
func RemovePreview(state string, number int) (kept Kept, found bool, err error) {
	kept, found, err = PreviewKept(state, number)
	if err != nil || !found {
		return kept, found, err
	}
	folder := PreviewState(state, number)
	lock, err := acquire(folder)
	if err != nil {
		return kept, true, err
	}
	if err := errors.Join(os.RemoveAll(folder), lock.Unlock()); err != nil {
		return kept, true, fmt.Errorf("preview %d: %w", number, err)
	}
	_ = os.Remove(filepath.Dir(folder)) // where it was the last one; it is empty then
	return kept, true, nil
}
