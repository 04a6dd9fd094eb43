package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Below is the files in the folder, like os.DirFS, but nothing outside of it: a
// link that leads out is an error that says so, since whoever proposes a change to
// a blueprint chooses what the links in it name.
func Below(dir string) fs.FS { return below(dir) }

// below opens the folder again for each file, so that nobody needs to close it.
type below string

func (b below) Open(name string) (f fs.File, err error) {
	err = b.in(name, func(root fs.FS) (err error) { f, err = root.Open(name); return err })
	return f, err
}

func (b below) ReadFile(name string) (text []byte, err error) {
	err = b.in(name, func(root fs.FS) error {
		f, err := root.Open(name)
		if err != nil {
			return err
		}
		text, err = plan.ReadAll(f, name, MaxFileBytes)
		return errors.Join(err, f.Close())
	})
	return text, err
}

func (b below) ReadDir(name string) (list []fs.DirEntry, err error) {
	err = b.in(name, func(root fs.FS) (err error) { list, err = fs.ReadDir(root, name); return err })
	return list, err
}

func (b below) Stat(name string) (info fs.FileInfo, err error) {
	err = b.in(name, func(root fs.FS) (err error) { info, err = fs.Stat(root, name); return err })
	return info, err
}

// in calls f with the folder, and says of a link that leads out what it is.
func (b below) in(name string, f func(fs.FS) error) error {
	root, err := os.OpenRoot(string(b))
	if err != nil {
		return err
	}
	err = f(root.FS())
	_, missing := root.Lstat(name)
	switch closed := root.Close(); {
	case closed != nil:
		return closed
	case missing != nil || !plan.LeadsOut(filepath.Join(string(b), filepath.FromSlash(name)), err):
		return err
	}
	return fmt.Errorf("%s is a link that leads out of the folder; put a copy of the file in its place", name)
}
