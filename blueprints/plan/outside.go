package plan

import (
	"errors"
	"io/fs"
	"os"
)

// LeadsOut reports whether the error is an os.Root's of a link that leads out of
// its folder: what is at the full path is there, may be read, and the operating
// system can follow it where the root does not. os.Root has no error to tell it by.
func LeadsOut(full string, err error) bool {
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return false
	}
	_, err = os.Stat(full)
	return err == nil
}
