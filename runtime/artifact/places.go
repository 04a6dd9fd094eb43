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

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// aside are folders of other tools and of Ashlar's own, which a dep on a folder
// does not mean.
var aside = map[string]bool{".git": true, ".ashlar": true, ".dvc": true, "__pycache__": true}

// folder is a place on this machine. A link in it is what it stands for, unless it
// leads out: whoever proposes a change to a repository chooses what its links name.
type folder string

// files is of place. It looks the path up through os.Root, which refuses links that
// lead out of the folder; a link within is followed, unlike in Keep, as people keep
// such links in repositories.
func (at folder) files(_ context.Context, path string) (out []found, err error) {
	root, err := os.OpenRoot(string(at))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &MissingError{path}
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	path = filepath.ToSlash(filepath.Clean(filepath.FromSlash(path)))
	info, err := root.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &MissingError{path}
	}
	if err != nil {
		return nil, at.explain(path, err)
	}
	if !info.IsDir() {
		return []found{at.found(path, "")}, regular(info, path)
	}
	return at.below(root, path)
}

// below lists the files of the folder at the path.
func (at folder) below(root *os.Root, path string) (out []found, err error) {
	err = fs.WalkDir(root.FS(), path, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != path && aside[d.Name()] {
				return fs.SkipDir
			}
			return nil
		}
		info, err := root.Stat(p)
		if err != nil {
			return at.explain(p, err)
		}
		// A link to a folder within is not walked into, as it could lead around
		// in a circle; its files are listed where they are.
		if info.IsDir() {
			return nil
		}
		if len(out) == MaxFiles {
			return fmt.Errorf("%s contains more than %d files; name the ones that are needed", path, MaxFiles)
		}
		out = append(out, at.found(p, strings.TrimPrefix(p, path+"/")))
		return regular(info, p)
	})
	return out, err
}

// found is the file at the path, opened through the folder when it is read.
func (at folder) found(path, rel string) found {
	return found{rel: rel, open: func(context.Context) (io.ReadCloser, error) {
		f, err := os.OpenInRoot(string(at), path)
		if err != nil {
			return nil, at.explain(path, err)
		}
		return f, nil
	}}
}

// explain says that it is a link which leads out, where it is one.
// The plain error of os.Root, "path escapes from parent", would not say what to do.
func (at folder) explain(path string, err error) error {
	if !plan.LeadsOut(filepath.Join(string(at), filepath.FromSlash(path)), err) {
		return err
	}
	return fmt.Errorf("%s leads out of the repository by a link; put a copy of the file in its place", path)
}

// regular refuses what waits for somebody, or never ends, when it is read.
func regular(info fs.FileInfo, path string) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return fmt.Errorf("%s is not a regular file (%s); copy its target", path, info.Mode().Type())
}

// bucket is a place behind a blob URL.
type bucket struct{ *blob.Bucket }

// openBucket opens a place by its URL. For S3 the path is a prefix within the
// bucket; for a folder's URL it is the folder. Messages redact what the URL may
// hold of a password.
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

// files is of place. A bucket has no folders: a path is a file if an object has that
// key, and a folder if keys begin with it. That costs one request for a file.
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
			return nil, fmt.Errorf("%s contains more than %d files; name the ones that are needed", path, MaxFiles)
		}
		out = append(out, found{rel: rel, open: at(o.Key)})
	}
	if len(out) == 0 {
		return nil, &MissingError{path}
	}
	return out, nil
}

// hidden reports whether any part of the path is a folder to be left aside.
func hidden(rel string) bool {
	for _, part := range strings.Split(rel, "/") {
		if aside[part] {
			return true
		}
	}
	return false
}
