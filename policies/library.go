package policies

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// FolderName is where a repository keeps packs of its own.
const FolderName = "policies"

// Library gives each repository the set that applies to it: the packs that
// ship, those in the repository's own policies folder and those in further
// folders. It compiles what ships once, and is safe for concurrent use.
type Library struct {
	Further []string // folders of packs that apply everywhere

	// mu guards general and own.
	mu      sync.Mutex
	general *Set
	own     map[string]*Set // by what the repository's packs hold
}

// For returns the set that applies to the repository in dir.
//
// Repositories with the same packs share a set, found by the packs' content. The
// lock is not held while a set is compiled, which takes long; two that compile the
// same at once do the work twice and keep either.
func (l *Library) For(dir string) (*Set, error) {
	own, err := Folder(source.Below(dir), FolderName, FolderName+"/")
	if err != nil {
		return nil, err
	}
	shared, err := l.shared()
	if err != nil || len(own) == 0 {
		return shared, err
	}
	// By content and not by folder: a check of many revisions of one repository
	// compiles its packs once.
	key, err := contents(own)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	known := l.own[key]
	l.mu.Unlock()
	if known != nil {
		return known, nil
	}
	set, err := shared.With(own...)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.own == nil {
		l.own = map[string]*Set{}
	}
	l.own[key] = set
	return set, nil
}

// contents is a digest of what the packs' files hold and are called, so that
// copies of a pack in many repositories are compiled once.
// Names and lengths are part of it, so that moving a byte from one file to the next
// changes it. Reading is bounded; a file beyond the bound is refused by the
// compiler anyway.
func contents(packs []Source) (string, error) {
	sum := sha256.New()
	for _, s := range packs {
		entries, err := fs.ReadDir(s.FS, s.Dir)
		if err != nil {
			return "", fmt.Errorf("policies: %w", err)
		}
		for _, e := range entries {
			if e.IsDir() || path.Ext(e.Name()) != ".cue" {
				continue
			}
			f, err := s.FS.Open(path.Join(s.Dir, e.Name()))
			if err != nil {
				return "", fmt.Errorf("policies: %w", err)
			}
			fmt.Fprintf(sum, "%s%s\x00", s.Prefix, e.Name())
			n, err := io.Copy(sum, io.LimitReader(f, source.MaxFileBytes+1))
			fmt.Fprintf(sum, "\x00%d\x00", n)
			if err := errors.Join(err, f.Close()); err != nil {
				return "", fmt.Errorf("policies: %w", err)
			}
		}
	}
	return string(sum.Sum(nil)), nil
}

// shared is the set without any repository's own packs, compiled by the first who
// needs it while others wait.
func (l *Library) shared() (*Set, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.general != nil {
		return l.general, nil
	}
	further, err := l.further()
	if err != nil {
		return nil, err
	}
	l.general, err = New(append(Shipped(), further...)...)
	return l.general, err
}

// further are the packs of the configured folders. A folder that was named and has
// none is an error: a typing error in it would switch its rules off.
func (l *Library) further() ([]Source, error) {
	var out []Source
	for _, dir := range l.Further {
		more, err := Folder(source.Below(dir), ".", filepath.ToSlash(dir)+"/")
		if err != nil {
			return nil, err
		}
		if len(more) == 0 {
			return nil, fmt.Errorf("policies: %s contains no pack; name a folder with .cue files, or with folders of them", dir)
		}
		out = append(out, more...)
	}
	return out, nil
}
