package policies

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// FolderName is where a repository keeps packs of its own.
const FolderName = "policies"

// Library gives each repository the set that applies to it: the packs that
// ship, those in the repository's own policies folder and those in further
// folders. It compiles what ships once, and is safe for concurrent use.
type Library struct {
	Further []string // folders of packs that apply everywhere

	mu      sync.Mutex
	general *Set
}

// For returns the set that applies to the repository in dir.
func (l *Library) For(dir string) (*Set, error) {
	own, err := Folder(os.DirFS(dir), FolderName, FolderName+"/")
	if err != nil {
		return nil, err
	}
	shared, err := l.shared()
	if err != nil || len(own) == 0 {
		return shared, err
	}
	return shared.With(own...)
}

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

func (l *Library) further() ([]Source, error) {
	var out []Source
	for _, dir := range l.Further {
		more, err := Folder(os.DirFS(dir), ".", filepath.ToSlash(dir)+"/")
		if err != nil {
			return nil, err
		}
		if len(more) == 0 {
			return nil, fmt.Errorf("policies: %s holds no pack; name a folder with .cue files, or with folders of them", dir)
		}
		out = append(out, more...)
	}
	return out, nil
}
