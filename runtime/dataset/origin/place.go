package origin

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// place is from where files of a source are opened. A source that is relative to
// the blueprint's folder does not leave it by a link, since whoever proposes a
// change chooses what the links in it name. A source that is absolute names the
// place itself, where everybody sees it.
type place struct {
	root string // "": anywhere
	text string // the source, for messages
}

// placeOf returns the place of a source text. filepath.IsLocal is false for
// absolute paths and for those that leave by "..", which say by themselves
// where they lead.
func placeOf(text, dir string) place {
	if !filepath.IsLocal(filepath.FromSlash(text)) {
		return place{text: text}
	}
	if dir == "" {
		dir = "."
	}
	return place{root: dir, text: text}
}

// open opens a regular file that holds data.
//
// Between stat and open the file may be exchanged; the second check is of the
// open file itself. A regular file of the kernel's, such as one in /proc, could
// show the process's own memory or environment as data.
func (p place) open(full string) (*os.File, error) {
	// Looked at before it is opened: to open a pipe waits for who writes to it.
	info, err := p.stat(full)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %s is not a regular file (%s); name a file that contains the data",
			p.text, full, info.Mode().Type())
	}
	f, err := p.follow(full)
	if err != nil {
		return nil, err
	}
	if kind := pseudo(f); kind != "" {
		_ = f.Close() // only opened
		return nil, fmt.Errorf("%s: %s is in %s, which belongs to the kernel; name a file that contains the data",
			p.text, full, kind)
	}
	return f, nil
}

func (p place) stat(full string) (os.FileInfo, error) {
	if p.root == "" {
		return os.Stat(full)
	}
	var info os.FileInfo
	err := p.within(full, func(root *os.Root, rel string) (err error) { info, err = root.Stat(rel); return err })
	return info, err
}

func (p place) follow(full string) (*os.File, error) {
	if p.root == "" {
		return os.Open(full)
	}
	var f *os.File
	err := p.within(full, func(root *os.Root, rel string) (err error) { f, err = root.Open(rel); return err })
	return f, err
}

// within calls f with the root, and says of a link that leads out what it is.
//
// os.Root resolves every link below the root and refuses one that leaves it,
// without a gap between the check and the use.
func (p place) within(full string, f func(root *os.Root, rel string) error) error {
	rel, err := filepath.Rel(p.root, full)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(p.root)
	if err != nil {
		return err
	}
	err = f(root, rel)
	_ = root.Close() // only looked through
	if !plan.LeadsOut(full, err) {
		return err
	}
	return fmt.Errorf("%s leads out of the blueprint's folder by a link; name the place itself, as in source: \"/data/file.csv\", or put a copy in the folder", filepath.ToSlash(rel))
}
