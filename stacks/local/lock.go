package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/ashlar-dev/ashlar/runtime/lockfile/dvc"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// LockFile is where the pipeline's dvc.lock is written.
func LockFile(state, name string) string {
	return filepath.Join(state, "pipelines", name, "dvc.lock")
}

// writeLock writes the pipeline's dvc.lock where a run has left one. A reader
// sees the old file or the new one.
// The file is made again from what the store keeps, so one that was deleted or edited
// comes back with the next run.
func (s *Stack) writeLock(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	lock, err := pipeline.Lock(ctx, s.state.Store, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	var b []byte
	if err == nil {
		b, err = dvc.YAML(lock)
	}
	file := LockFile(s.state.Folder, name)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o700)
	}
	if err == nil {
		err = renameio.WriteFile(file, b, 0o600)
	}
	return err
}
