package artifact

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Keep takes the file or folder at path, below root, into the store. A missing
// one is a *MissingError; a link, device or socket is refused, and so is a path
// that leads out of root by a link.
//
// os.Root opens each part of the path without following links out of root, also
// while a command of a stage moves files about: outputs are written by code that
// is not trusted.
func Keep(ctx context.Context, s *store.Store, root, path string) (a Artifact, err error) {
	in, err := os.OpenRoot(root)
	if err != nil {
		return Artifact{}, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	path = filepath.ToSlash(filepath.Clean(filepath.FromSlash(path)))
	info, err := in.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Artifact{}, &MissingError{path}
	}
	if err != nil {
		return Artifact{}, fmt.Errorf("keep %s: %w", path, err)
	}
	if !info.IsDir() {
		e, err := keepFile(ctx, s, in, path)
		return Artifact{Digest: e.Digest, MD5: e.MD5, Size: e.Size}, err
	}
	entries, err := keepFolder(ctx, s, in, path)
	if err != nil {
		return Artifact{}, err
	}
	return keepTree(ctx, s, entries)
}

// keepFolder keeps the files below the folder and returns them, by paths relative
// to it. Empty folders are left out, as in a bucket and in Git.
func keepFolder(ctx context.Context, s *store.Store, root *os.Root, path string) ([]Entry, error) {
	var entries []Entry
	err := fs.WalkDir(root.FS(), path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if len(entries) == MaxFiles {
			return fmt.Errorf("%s contains more than %d files; pack them into an archive", path, MaxFiles)
		}
		e, err := keepFile(ctx, s, root, p)
		e.Path = strings.TrimPrefix(p, path+"/")
		entries = append(entries, e)
		return err
	})
	return entries, err
}

// keepFile keeps one file, read once for both digests.
func keepFile(ctx context.Context, s *store.Store, root *os.Root, path string) (e Entry, err error) {
	f, err := openRegular(root, path)
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := newMD5Reader(f)
	e.Digest, e.Size, err = s.Put(ctx, sum)
	if err != nil {
		return e, fmt.Errorf("keep %s: %w", path, err)
	}
	e.MD5 = sum.text()
	return e, nil
}

// openRegular opens a regular file and nothing else: what was looked at and what
// was opened are the same file, whoever moves them in between.
func openRegular(root *os.Root, path string) (*os.File, error) {
	info, err := root.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &MissingError{path}
	}
	if err != nil {
		return nil, err
	}
	if err := regular(info, path); err != nil {
		return nil, err
	}
	// A named pipe that was put in the file's place would block here; Lstat and
	// SameFile make sure that what opened is what was looked at.
	f, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	if now, err := f.Stat(); err != nil || !os.SameFile(info, now) {
		return nil, errors.Join(fmt.Errorf("%s was replaced while it was read", path), err, f.Close())
	}
	return f, nil
}

// Read returns the content of a file of at most so many bytes at path, below root,
// with the same refusals as Keep.
func Read(root, path string, most int64) (text []byte, err error) {
	in, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	f, err := openRegular(in, filepath.ToSlash(filepath.Clean(filepath.FromSlash(path))))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if text, err = io.ReadAll(io.LimitReader(f, most+1)); err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s contains more than %d bytes", path, most)
	}
	return text, err
}

// Lay writes the artifact to dest, which must not be there; folders around it
// are made.
//
// It verifies what it reads: an error may leave a part at dest, which the caller
// removes. The folder is not made atomically, so dest must be private until Lay
// returns.
func Lay(ctx context.Context, s *store.Store, a Artifact, dest string) error {
	if !a.Dir {
		return layFile(ctx, s, Entry{Digest: a.Digest}, dest)
	}
	entries, err := Tree(ctx, s, a.Digest)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dest, 0o755); err != nil {
		return err
	}
	for _, e := range entries {
		if err := layFile(ctx, s, e, filepath.Join(dest, filepath.FromSlash(e.Path))); err != nil {
			return err
		}
	}
	return nil
}

// layFile writes one file, whose digest is verified as the store's reader ends.
func layFile(ctx context.Context, s *store.Store, e Entry, dest string) (err error) {
	r, err := s.Get(ctx, e.Digest)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return writeFile(r, dest)
}

// programs are how what may be executed begins: a script, a program of Linux or
// of macOS.
var programs = []string{"#!", "\x7fELF", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"}

// writeFile makes a new file of what r yields.
// O_EXCL refuses a file or link that is there, so that nothing outside of dest can
// be written to through one. Executables are told by how they begin, as the mode is
// kept nowhere.
func writeFile(r io.Reader, dest string) (err error) {
	if err := os.MkdirAll(filepath.Dir(dest), 0o755); err != nil {
		return err
	}
	in := bufio.NewReader(r)
	begin, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	mode := os.FileMode(0o644)
	for _, p := range programs {
		if strings.HasPrefix(string(begin), p) {
			mode = 0o755
		}
	}
	f, err := os.OpenFile(dest, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = in.WriteTo(f)
	return errors.Join(err, f.Close())
}
