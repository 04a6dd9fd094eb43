package accept

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// folder is a folder of texts in memory, by name: what a blueprint would be.
type folder map[string][]byte

// readFolder reads the CUE files of a blueprint but its pins, which another command
// writes; pins are the folder's file of pins, if it has one.
func readFolder(dir string) (files, pins folder, err error) {
	below := source.Below(dir)
	entries, err := fs.ReadDir(below, ".")
	if err != nil {
		return nil, nil, fmt.Errorf("blueprint: %w", err)
	}
	files, pins = folder{}, folder{}
	for _, e := range entries {
		name := e.Name()
		if path.Ext(name) != ".cue" || e.IsDir() || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			continue
		}
		f, err := below.Open(name)
		if err != nil {
			return nil, nil, fmt.Errorf("blueprint: %w", err)
		}
		text, err := plan.ReadAll(f, name, source.MaxFileBytes)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, nil, fmt.Errorf("blueprint: %w", err)
		}
		if into := files; name != blueprints.PinsFile {
			into[name] = text
		} else {
			pins[name] = text
		}
	}
	return files, pins, nil
}

// ReadDir lists the files; the folder has no folders.
func (f folder) ReadDir(string) ([]fs.DirEntry, error) {
	var out []fs.DirEntry
	for _, name := range slices.Sorted(maps.Keys(f)) {
		out = append(out, fs.FileInfoToDirEntry(info{name, int64(len(f[name]))}))
	}
	return out, nil
}

// Open opens a file.
func (f folder) Open(name string) (fs.File, error) {
	text, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return opened{bytes.NewReader(text), info{name, int64(len(text))}}, nil
}

type opened struct {
	*bytes.Reader
	info info
}

// Stat describes the file.
func (o opened) Stat() (fs.FileInfo, error) { return o.info, nil }

// Close does nothing.
func (o opened) Close() error { return nil }

// info describes a regular file that anybody may read.
type info struct {
	name string
	size int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return 0o444 }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return false }
func (i info) Sys() any           { return nil }
