package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// Area is everything below a folder of a store's location: several stores, as those of
// all blueprints of an environment. It exists to look at them and remove them together.
type Area struct {
	store  *Store
	folder string // ends in a slash
}

// OpenArea opens the area below the folder, such as "acme/pr-12", of a location as Open
// takes it. The folder is of plain words, so that it leads nowhere else.
func OpenArea(ctx context.Context, location, folder string) (*Area, error) {
	for word := range strings.SplitSeq(folder, "/") {
		if word == "" || word == "." || word == ".." || strings.ContainsAny(word, "\\\x00") {
			return nil, fmt.Errorf("store: %q is not a folder of a store", folder)
		}
	}
	s, err := Open(ctx, location)
	if err != nil {
		return nil, err
	}
	return &Area{s, folder + "/"}, nil
}

// Close closes the bucket.
func (a *Area) Close() error { return a.store.Close() }

// Folders returns the names of the folders in the area, sorted.
func (a *Area) Folders(ctx context.Context) ([]string, error) {
	var out []string
	it := a.store.bucket.List(&blob.ListOptions{Prefix: a.folder, Delimiter: "/"})
	for {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			slices.Sort(out)
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		if o.IsDir {
			out = append(out, strings.Trim(strings.TrimPrefix(o.Key, a.folder), "/"))
		}
	}
}

// Size counts the area's objects and their bytes.
func (a *Area) Size(ctx context.Context) (objects int, bytes int64, err error) {
	all, err := a.store.list(ctx, a.folder)
	if err != nil {
		return 0, 0, fmt.Errorf("store: %w", err)
	}
	for _, o := range all {
		bytes += o.Size
	}
	return len(all), bytes, nil
}

// Remove deletes every object of the area. Of a bucket that keeps versions, those that
// the bucket's own rules keep remain.
func (a *Area) Remove(ctx context.Context) error {
	all, err := a.store.list(ctx, a.folder)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	for _, o := range all {
		if err := a.store.bucket.Delete(ctx, o.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return fmt.Errorf("store: %s: %w", o.Key, err)
		}
	}
	return nil
}
