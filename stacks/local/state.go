package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// State is what a local stack keeps: objects in a folder, metadata in SQLite.
// The registry may be used by several processes at once.
type State struct {
	Folder   string
	Temp     string
	Store    *store.Store
	Registry *registry.Registry
}

// StateFolder is where the state of the blueprint in dir is kept: explicit
// where given, else .ashlar in the blueprint's own folder, so that every verb
// finds it from wherever it is called.
func StateFolder(dir, explicit string) string {
	if explicit != "" {
		return explicit
	}
	return filepath.Join(dir, ".ashlar")
}

// StateOf is StateFolder of an environment. The preview of a pull request has a state
// of its own, so that its models and records do not mix with those of the others and
// can be removed together.
func StateOf(dir, explicit, environment string) string {
	if number, ok := plan.PreviewNumber(environment); ok && explicit == "" {
		return PreviewState(StateFolder(dir, ""), number)
	}
	return StateFolder(dir, explicit)
}

// previewsFolder holds the states of previews, below that of the blueprint.
const previewsFolder = "previews"

// PreviewState is the folder of a preview's state, below that of the blueprint's.
func PreviewState(state string, number int) string {
	return filepath.Join(state, previewsFolder, plan.PreviewEnvironment(number))
}

// OpenState opens the state of a stack that has been up at least once. One whose
// folder may not be written to is opened for reading: whatever changes it errs.
// The registry's file tells whether there is one: it is made by the first `ashlar up`.
func OpenState(ctx context.Context, folder string, now func() time.Time) (*State, error) {
	if _, err := os.Stat(filepath.Join(folder, "registry.db")); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no local stack in %s: run `ashlar up` there first, or name the blueprint's folder with --dir", folder)
	}
	if !writable(folder) {
		return readState(ctx, folder, now)
	}
	return makeState(ctx, folder, now)
}

// writable reports whether files can be made in the folder, as SQLite makes them
// beside its own.
func writable(folder string) bool {
	f, err := os.CreateTemp(folder, ".writable-*")
	if err != nil {
		return false
	}
	return errors.Join(f.Close(), os.Remove(f.Name())) == nil
}

// readState opens a state without a trace in its folder.
// The caller closes it.
func readState(ctx context.Context, folder string, now func() time.Time) (*State, error) {
	abs, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	s := &State{Folder: abs, Temp: filepath.Join(abs, "tmp")}
	if s.Store, err = store.OpenToRead(filepath.Join(abs, "store")); err != nil {
		return nil, err
	}
	s.Registry, err = registry.Open(ctx, filepath.Join(abs, "registry.db"), registry.Options{Now: now, ReadOnly: true})
	if err != nil {
		return nil, errors.Join(err, s.Store.Close())
	}
	return s, nil
}

// NewState opens the state in the folder, and makes one where there is none: a restore
// fills it.
func NewState(ctx context.Context, folder string, now func() time.Time) (*State, error) {
	return makeState(ctx, folder, now)
}

// makeState opens the state, making what is missing; folders are for their owner alone.
// The store is closed again if the registry cannot be opened.
func makeState(ctx context.Context, folder string, now func() time.Time) (*State, error) {
	abs, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	s := &State{Folder: abs, Temp: filepath.Join(abs, "tmp")}
	// 0700: runs hold rows of the user's data.
	for _, d := range []string{s.Temp, filepath.Join(abs, "store")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("state folder: %w", err)
		}
	}
	if s.Store, err = store.Open(ctx, filepath.Join(abs, "store")); err != nil {
		return nil, err
	}
	s.Registry, err = registry.Open(ctx, filepath.Join(abs, "registry.db"), registry.Options{Now: now})
	if err != nil {
		return nil, errors.Join(err, s.Store.Close())
	}
	return s, nil
}

// Close closes both parts.
func (s *State) Close() error { return errors.Join(s.Registry.Close(), s.Store.Close()) }

// Keys is where the keys of pseudonyms are: in the environment, or in a file of
// the state that is made when they are first needed. Whoever removes the state
// removes them.
func (s *State) Keys(getenv func(string) string) privacy.Source {
	return privacy.Source{Getenv: getenv, File: filepath.Join(s.Folder, "pseudonym.keys")}
}
