// Package store keeps what a workload makes: objects under the digest of their
// bytes, and small named references to them.
//
// It exists so that every stage can hand on digests instead of files, on a
// laptop's folder and on S3 alike. Three promises hold at every moment, also
// when the process is killed with SIGKILL:
//
//   - an object is visible only once it is whole, under objects/sha256/ab/cdef...;
//   - what is read is what was written: Get and GetRef recompute the digest
//     and report a *DamagedError rather than hand out other bytes;
//   - writing the same bytes twice, or from several processes at once, is one
//     object.
//
// Put needs the digest before it can name the object, so it first spools the
// stream: to memory, and beyond a few MiB to a temporary file. In a folder that
// file becomes the object by a rename, so that each byte is written once; a
// bucket gets it in a second pass, for it has no rename that all
// gocloud.dev/blob drivers share.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gocloud.dev/blob"
)

// Store is a content-addressed object store with named references. It is safe
// for concurrent use, also by several processes on one folder or bucket.
type Store struct {
	bucket *blob.Bucket
	folder string // the folder behind the bucket, or ""
	temp   string // where large objects are spooled
}

// Options say how a bucket is used.
type Options struct {
	// Folder is the folder behind the bucket, for durable writes and for
	// messages that name a file; empty for a remote bucket.
	Folder string
	// TempDir is where objects too large for memory wait for their digest;
	// empty: Folder, else the system's.
	TempDir string
}

// New returns a store on an open bucket, which Close closes.
func New(bucket *blob.Bucket, opt Options) (*Store, error) {
	if bucket == nil {
		return nil, errors.New("store: no bucket")
	}
	s := &Store{bucket: bucket, folder: opt.Folder, temp: opt.TempDir}
	if s.temp == "" {
		s.temp = opt.Folder
	}
	return s, nil
}

// Folder is the folder behind the bucket, or "".
func (s *Store) Folder() string { return s.folder }

// Close closes the bucket. Readers that are still open keep working.
func (s *Store) Close() error {
	if err := s.bucket.Close(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// write lands r under key, or nothing at all.
// A folder's driver writes to a temporary file and renames; a bucket's uploads
// become visible when they are complete. Both give readers the old bytes or the
// new.
func (s *Store) write(ctx context.Context, key string, r io.Reader) error {
	return s.writeWith(ctx, key, r, nil)
}

// writeWith is write, with metadata where the bucket keeps any.
func (s *Store) writeWith(ctx context.Context, key string, r io.Reader, metadata map[string]string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var file *os.File // the driver's temporary file, where it has one
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{
		ContentType: "application/octet-stream", Metadata: metadata,
		BeforeWrite: func(as func(any) bool) error { as(&file); return nil },
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	if err == nil && file != nil {
		// Before the rename, so that a power failure cannot leave an empty file.
		err = file.Sync()
	}
	if err != nil {
		cancel() // a cancelled writer's Close discards what was written
		_ = w.Close()
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return s.syncFolders(key)
}

// land makes the spooled stream the object under key, or nothing at all.
// A named spool in the same folder is renamed, which needs no second copy of a
// large file. The order of sync, rename and sync of the folder is what survives a
// power failure: bytes first, then the name.
func (s *Store) land(ctx context.Context, key string, sp *spool) error {
	if s.folder == "" || sp.file == nil {
		return s.write(ctx, key, sp.reader())
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	to := s.file(key)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := sp.file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(sp.file.Name(), to); err != nil {
		return err
	}
	sp.moved = true
	return s.syncFolders(key)
}

// syncFolders makes the new directory entry, and that of a new shard, durable.
func (s *Store) syncFolders(key string) error {
	if s.folder == "" {
		return nil
	}
	dir := filepath.Dir(s.file(key))
	for _, d := range []string{dir, filepath.Dir(dir)} {
		f, err := os.Open(d)
		if err != nil {
			return err
		}
		_ = f.Sync() // some file systems cannot sync a directory; the file itself is synced
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// file is where a person finds the key: a path, or the key itself in a bucket.
// Messages show it, so that a person can look at or delete what is damaged.
func (s *Store) file(key string) string {
	if s.folder == "" {
		return key
	}
	return filepath.Join(s.folder, filepath.FromSlash(key))
}
