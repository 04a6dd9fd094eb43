package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Check is what Verify needs. ID is as Target's; TempDir: a folder, or "" for the system's.
type Check struct {
	Place    *store.Store
	ID       string
	TempDir  string
	Now      func() time.Time
	Progress Progress
}

// Verify reads all of a backup, recomputes every digest, and restores its registry to a
// temporary file, where the audit log is verified. The error joins all that is wrong. A
// damaged object is to be deleted from the place: the next backup copies it again.
func Verify(ctx context.Context, c Check) (Listed, error) {
	id, m, err := find(ctx, c.Place, c.ID)
	if err != nil {
		return Listed{}, err
	}
	var all []entry
	var problems []error
	for _, name := range []string{referenceStream, objectStream} {
		problems = append(problems, m.entries(ctx, c.Place, name, func(e entry) { all = append(all, e) }))
	}
	v := &restoring{Target: Target{Place: c.Place}, manifest: m}
	done := 0
	problems = append(problems, each(ctx, len(all), func(ctx context.Context, i int) error {
		err := verify(ctx, c.Place, all[i].Digest)
		v.mu.Lock()
		defer v.mu.Unlock()
		done++
		if c.Progress != nil {
			c.Progress(done, len(all))
		}
		if err != nil && all[i].Name != "" {
			err = fmt.Errorf("reference %s: %w", all[i].Name, err)
		}
		return err
	}), v.trial(ctx, c))
	return Listed{ID: id, Manifest: m}, errors.Join(problems...)
}

// trial restores the registry to a file that is removed again.
func (r *restoring) trial(ctx context.Context, c Check) (err error) {
	dir, err := os.MkdirTemp(c.TempDir, "ashlar-backup-*")
	if err != nil {
		return fmt.Errorf("temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if r.Registry, err = registry.Open(ctx, filepath.Join(dir, "registry.db"), registry.Options{Now: c.Now}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Registry.Close()) }()
	if err := r.rows(ctx); err != nil {
		return err
	}
	problems, err := compareRows(ctx, r.Registry, r.manifest)
	return errors.Join(append(problems, err)...)
}
