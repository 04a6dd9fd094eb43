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
func Recorded(ctx context.Context, dir string, limit int) []run.Run {
	folder := filepath.Join(StateFolder(dir, ""), "store")
	if _, err := os.Stat(folder); err != nil {
		return nil
	}
	kept, err := store.OpenToRead(folder)
	if err != nil {
		return nil
	}
	defer func() { _ = kept.Close() }() // only read
	units, err := run.Units(ctx, kept)
	if err != nil {
		return nil
	}
	var out []run.Run
	for _, unit := range units {
		newest, err := run.List(ctx, kept, unit, limit)
		if err != nil {
			continue
		}
		out = append(out, newest...)
	}
	slices.SortStableFunc(out, func(a, b run.Run) int { return strings.Compare(b.ID, a.ID) })
	return out
}
