package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // s3:// URLs
)

// File is one file of a source.
type File struct {
	// Name identifies the file within its source wherever the source lies: the
	// path from the last folder that the source names without a wildcard.
	Name string
	// Path is what messages call the file.
	Path string
	// Size is in bytes, as it was when the source was resolved.
	Size int64
	// Open opens the file for reading from its beginning. What it returns is the
	// caller's to close, before the source.
	Open func(ctx context.Context) (io.ReadCloser, error)
	// OpenAt opens the file for reading at random, as Parquet is.
	OpenAt func(ctx context.Context) (ReaderAtCloser, error)
}

// ReaderAtCloser is a file that is read at random. ReadAt may be called by
// several goroutines at once, as io.ReaderAt demands.
type ReaderAtCloser interface {
	io.ReaderAt
	io.Closer
}

// Source is the files of a dataset in the order of their names.
type Source struct {
	Files []File
	// Many says that the source has more than one, also where Files are cut to a
	// part of them.
	Many bool
	// Close gives back the connection to the bucket, if there is one. Files are
	// closed before it.
	Close func() error
}

// Where says where sources lie that are relative, and who opens buckets.
type Where struct {
	// Dir is the folder that relative sources are relative to, or a blob URL.
	Dir string
	// OpenBucket opens the bucket of a blob URL; Source.Close closes it.
	OpenBucket func(ctx context.Context, url string) (*blob.Bucket, error)
}

// Resolve finds the files behind a source: a path or glob relative to at.Dir,
// which may be a blob URL itself, an absolute one, or a blob URL whose path may
// be a glob.
//
// The caller closes the source. The list of files is taken once: files that
// appear later are not read.
func Resolve(ctx context.Context, text string, at Where) (*Source, error) {
	if text == "" {
		return nil, errors.New("the dataset has no source: name a file, a glob or a blob URL")
	}
	scheme, rest, isURL := strings.Cut(text, "://")
	switch {
	case !isURL && strings.Contains(at.Dir, "://") && !filepath.IsAbs(filepath.FromSlash(text)):
		return resolveBelow(ctx, text, at)
	case !isURL:
		return resolveLocal(text, at)
	case scheme == "file":
		u, err := url.Parse(text)
		if err != nil || u.Host != "" && u.Host != "localhost" && u.Host != "." {
			return nil, fmt.Errorf("%s: want file:///absolute/path", text)
		}
		return resolveLocal(filepath.FromSlash(u.Path), at)
	}
	return resolveBlob(ctx, text, rest, at)
}
