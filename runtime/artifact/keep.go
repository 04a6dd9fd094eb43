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
// one is a *MissingError; a link, device or socket is refused.
func Keep(ctx context.Context, s *store.Store, root, path string) (Artifact, error) {
	full := filepath.Join(root, filepath.FromSlash(path))
	info, err := os.Lstat(full)
	if errors.Is(err, fs.ErrNotExist) {
		return Artifact{}, &MissingError{path}
	}
	if err != nil {
		return Artifact{}, err
	}
	if !info.IsDir() {
		e, err := keepFile(ctx, s, full, path)
		return Artifact{Digest: e.Digest, MD5: e.MD5, Size: e.Size}, err
	}
	entries, err := keepFolder(ctx, s, full, path)
	if err != nil {
		return Artifact{}, err
	}
	return keepTree(ctx, s, entries)
}

func keepFolder(ctx context.Context, s *store.Store, full, shown string) ([]Entry, error) {
	var entries []Entry
	err := filepath.WalkDir(full, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(full, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if len(entries) == MaxFiles {
			return fmt.Errorf("%s holds more than %d files; pack them into an archive", shown, MaxFiles)
		}
		e, err := keepFile(ctx, s, p, shown+"/"+rel)
		e.Path = rel
		entries = append(entries, e)
		return err
	})
	return entries, err
}

func keepFile(ctx context.Context, s *store.Store, full, shown string) (e Entry, err error) {
	f, err := openRegular(full, shown)
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := newMD5Reader(f)
	e.Digest, e.Size, err = s.Put(ctx, sum)
	if err != nil {
		return e, fmt.Errorf("keep %s: %w", shown, err)
	}
	e.MD5 = sum.text()
	return e, nil
}

// openRegular opens a regular file and nothing else.
func openRegular(full, shown string) (*os.File, error) {
	info, err := os.Lstat(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &MissingError{shown}
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file (%s); copy what it stands for", shown, info.Mode().Type())
	}
	return os.Open(full)
}

// Lay writes the artifact to dest, which must not be there; folders around it
// are made.
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
