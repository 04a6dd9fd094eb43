package local

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Recorded returns the newest runs of each unit in the state of the blueprint in dir,
// at most limit of each, newest first. It is for those who can do without: a state that
// is not there, or does not read, has none, and nothing is written.
func Recorded(ctx context.Context, dir string, limit int) (out []run.Run) {
	recorded(dir, func(kept *store.Store) {
		units, err := run.Units(ctx, kept)
		if err != nil {
			return
		}
		for _, unit := range units {
			if newest, err := run.List(ctx, kept, unit, limit); err == nil {
				out = append(out, newest...)
			}
		}
	})
	slices.SortStableFunc(out, func(a, b run.Run) int { return strings.Compare(b.ID, a.ID) })
	return out
}

// RecordedServing returns what the state knows of the memory of the endpoints, as Recorded
// does of runs.
func RecordedServing(ctx context.Context, dir string, endpoints []string, limit int) (out []run.Served) {
	recorded(dir, func(kept *store.Store) {
		for _, name := range endpoints {
			if newest, err := run.ListServed(ctx, kept, name, limit); err == nil {
				out = append(out, newest...)
			}
		}
	})
	return out
}

// recorded opens the store of the state to read, if there is one.
func recorded(dir string, f func(*store.Store)) {
	folder := filepath.Join(StateFolder(dir, ""), "store")
	if _, err := os.Stat(folder); err != nil {
		return
	}
	kept, err := store.OpenToRead(folder)
	if err != nil {
		return
	}
	defer func() { _ = kept.Close() }() // only read
	f(kept)
}
