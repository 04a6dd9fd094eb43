package custom

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
)

// lay puts every dep at its path below work and returns what it is. One that lies within another is there already.
func lay(ctx context.Context, deps []Dep, work string) (map[string]artifact.Artifact, error) {
	// It is there also where the stage reads nothing: the command starts in it or below it.
	if err := os.MkdirAll(work, 0o755); err != nil {
		return nil, err
	}
	out := map[string]artifact.Artifact{}
	for _, d := range deps {
		a, err := d.From.Stat(ctx)
		if err != nil {
			return nil, fmt.Errorf("dep %s: %w", d.At, err)
		}
		out[d.At] = a
		// A folder is laid whole. To lay a file of it once more would find its place taken.
		if slices.ContainsFunc(deps, func(o Dep) bool { return o.At != d.At && plan.Within(d.At, o.At) }) {
			continue
		}
		if err := d.From.Lay(ctx, a, filepath.Join(work, filepath.FromSlash(d.At))); err != nil {
			return nil, fmt.Errorf("dep %s: %w", d.At, err)
		}
	}
	return out, nil
}

// removeAll removes the folder also where the command took rights away.
func removeAll(root string) error {
	if os.RemoveAll(root) == nil {
		return nil
	}
	// What is in a folder without rights cannot be removed. Links are not followed, so that nothing outside changes.
	_ = filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(p, 0o700) //nolint:gosec // a folder that is about to go
		}
		return nil
	})
	return os.RemoveAll(root)
}
