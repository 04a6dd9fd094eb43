package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// stale is the age from which a temporary file belongs to no living write.
const stale = time.Hour

// sweep removes what killed processes left behind: spooled bodies in temp and
// the bucket driver's unfinished files below root.
func sweep(temp, root string) error {
	now := time.Now()
	return filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another process moved it into place meanwhile
		}
		if err != nil || d.IsDir() {
			return err
		}
		if filepath.Dir(p) != temp && !strings.HasPrefix(d.Name(), "fileblob") {
			return nil
		}
		info, err := d.Info()
		if err != nil || now.Sub(info.ModTime()) < stale {
			return nil
		}
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}
