package cache

import (
	"context"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
)

// fileKind is the kind that files are kept under.
const fileKind = "files"

// FilePrefix is what the names of refs of files begin with, and of no entry's.
const FilePrefix = prefix + fileKind + "/"

// File is a file that was made of what a built-in stage has made: the artifact, of which dataset it holds rows, and
// when those were read, so that it can be deleted with them.
type File struct {
	artifact.Artifact
	Dataset string    `json:"dataset,omitempty"`
	ReadAt  time.Time `json:"read_at,omitzero"`
}

// FileKey is the digest of everything that the named file depends on, as Key is of an entry.
func FileKey(name string, version int, inputs map[string]any) (string, error) {
	return plan.DigestOf(map[string]any{"file": name, "version": version, "inputs": inputs})
}

// GetFile returns the file that is kept, where it can be read and is there.
func (c *Cache) GetFile(ctx context.Context, key string) (artifact.Artifact, bool) {
	b, err := c.refs.GetRef(ctx, Ref(fileKind, key))
	if err != nil {
		return artifact.Artifact{}, false
	}
	var f File
	if plan.Unmarshal(b, &f) != nil || !c.has(ctx, f.Digest) {
		return artifact.Artifact{}, false
	}
	return f.Artifact, true
}

// PutFile keeps the file, whose content is in the store already.
func (c *Cache) PutFile(ctx context.Context, key string, f File) error {
	b, err := plan.Canonical(f)
	if err != nil {
		return err
	}
	return c.refs.PutRef(ctx, Ref(fileKind, key), b)
}
