package artifact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:// places
	_ "gocloud.dev/blob/s3blob"   // s3:// places
	"gocloud.dev/gcerrors"

	"github.com/ashlar-dev/ashlar/runtime/store"
)

// aside are folders of other tools and of Ashlar's own, which a dep on a folder
// does not mean.
var aside = map[string]bool{".git": true, ".ashlar": true, ".dvc": true, "__pycache__": true}

// folder is a place on this machine.
type folder string

func (at folder) files(_ context.Context, path string) ([]found, error) {
	full := filepath.Join(string(at), filepath.FromSlash(path))
	info, err := os.Stat(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &MissingError{path}
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []found{onDisk(full, "")}, nil
	}
	var out []found
	err = filepath.WalkDir(full, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != full && aside[d.Name()] {
				return fs.SkipDir
			}
			return nil
		}
		info, err := os.Stat(p) // a link in a repository is what it stands for
		if err != nil || info.IsDir() {
			return err
		}
		rel, err := filepath.Rel(full, p)
		if len(out) == MaxFiles {
			return fmt.Errorf("%s holds more than %d files; name the ones that are needed", path, MaxFiles)
		}
		out = append(out, onDisk(p, filepath.ToSlash(rel)))
		return err
	})
	return out, err
}

func onDisk(full, rel string) found {
	return found{rel: rel, open: func(context.Context) (io.ReadCloser, error) { return os.Open(full) }}
}

// bucket is a place behind a blob URL.
type bucket struct{ *blob.Bucket }

func openBucket(ctx context.Context, at string) (place, error) {
	u, err := url.Parse(at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	prefix := ""
	if u.Scheme == "s3" {
		prefix, u.Path = strings.Trim(u.Path, "/"), ""
	}
	b, err := store.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u.Redacted(), err)
	}
	if prefix != "" {
		b = blob.PrefixedBucket(b, prefix+"/")
	}
	return bucket{b}, nil
}

func (b bucket) files(ctx context.Context, path string) ([]found, error) {
	at := func(key string) func(context.Context) (io.ReadCloser, error) {
		return func(ctx context.Context) (io.ReadCloser, error) { return b.NewReader(ctx, key, nil) }
	}
	switch _, err := b.Attributes(ctx, path); {
	case err == nil:
		return []found{{open: at(path)}}, nil
	case gcerrors.Code(err) != gcerrors.NotFound:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	prefix := path + "/"
	if path == "." {
		prefix = ""
	}
	var out []found
	it := b.List(&blob.ListOptions{Prefix: prefix})
	for {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		rel := strings.TrimPrefix(o.Key, prefix)
		if o.IsDir || hidden(rel) {
			continue
		}
		if len(out) == MaxFiles {
			return nil, fmt.Errorf("%s holds more than %d files; name the ones that are needed", path, MaxFiles)
		}
		out = append(out, found{rel: rel, open: at(o.Key)})
	}
	if len(out) == 0 {
		return nil, &MissingError{path}
	}
	return out, nil
}

func hidden(rel string) bool {
	for _, part := range strings.Split(rel, "/") {
		if aside[part] {
			return true
		}
	}
	return false
}
