package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/store"
)

// ErrNone says that a place has no backup, or not the one that was asked for.
var ErrNone = errors.New("no backup")

// Listed is a backup of a place.
type Listed struct {
	ID string `json:"id"`
	*Manifest
}

// ids are the backups of the place, oldest first: an ID begins with its time.
func ids(ctx context.Context, place *store.Store) ([]string, error) {
	names, err := place.ListRefs(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("place of backups: %w", err)
	}
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, prefix)
	}
	return names, nil
}

// List returns the backups of the place, oldest first.
func List(ctx context.Context, place *store.Store) ([]Listed, error) {
	all, err := ids(ctx, place)
	if err != nil {
		return nil, err
	}
	out := []Listed{}
	for _, id := range all {
		m, err := read(ctx, place, id)
		if err != nil {
			return nil, err
		}
		out = append(out, Listed{ID: id, Manifest: m})
	}
	return out, nil
}

// Find returns the backup whose ID begins with the text; "": the newest.
func Find(ctx context.Context, place *store.Store, text string) (Listed, error) {
	id, m, err := find(ctx, place, text)
	return Listed{ID: id, Manifest: m}, err
}

// find returns the backup whose ID begins with the text; "": the newest.
func find(ctx context.Context, place *store.Store, text string) (id string, m *Manifest, err error) {
	all, err := ids(ctx, place)
	if err != nil {
		return "", nil, err
	}
	if len(all) == 0 {
		return "", nil, fmt.Errorf("%w is in that place: make one with `ashlar backup`", ErrNone)
	}
	id = all[len(all)-1]
	if text != "" {
		found := slices.DeleteFunc(all, func(one string) bool { return !strings.HasPrefix(one, text) })
		if len(found) != 1 {
			return "", nil, fmt.Errorf("%w whose ID alone begins with %q, but %d: `ashlar restore --list` has them",
				ErrNone, text, len(found))
		}
		id = found[0]
	}
	m, err = read(ctx, place, id)
	return id, m, err
}
