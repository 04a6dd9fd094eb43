package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	_ "gocloud.dev/blob/s3blob" // s3:// URLs
)

// file is one file of a source.
type file struct {
	// name identifies the file within its source wherever the source lies: the
	// path from the last folder that the source names without a wildcard.
	name string
	// path is what messages call the file.
	path string
	size int64
	open func(ctx context.Context) (io.ReadCloser, error)
	// openAt opens the file for reading at random, as Parquet is.
	openAt func(ctx context.Context) (readerAtCloser, error)
}

// readerAtCloser is a file that is read at random. ReadAt may be called by
// several goroutines at once, as io.ReaderAt demands.
type readerAtCloser interface {
	io.ReaderAt
	io.Closer
}

// source is the files of a dataset in the order of their names.
type source struct {
	files []file
	many  bool // the dataset has more than one, these or others
	close func() error
}

// resolve finds the files behind a source: a path or glob relative to opt.Dir,
// which may be a blob URL itself, an absolute one, or a blob URL whose path may
// be a glob.
//
// The caller closes the source. The list of files is taken once: files that
// appear later are not read.
func resolve(ctx context.Context, text string, opt Options) (*source, error) {
	if text == "" {
		return nil, errors.New("the dataset has no source: name a file, a glob or a blob URL")
	}
	scheme, rest, isURL := strings.Cut(text, "://")
	switch {
	case !isURL && strings.Contains(opt.Dir, "://") && !filepath.IsAbs(filepath.FromSlash(text)):
		return resolveBelow(ctx, text, opt)
	case !isURL:
		return resolveLocal(text, opt)
	case scheme == "file":
		u, err := url.Parse(text)
		if err != nil || u.Host != "" && u.Host != "localhost" && u.Host != "." {
			return nil, fmt.Errorf("%s: want file:///absolute/path", text)
		}
		return resolveLocal(filepath.FromSlash(u.Path), opt)
	}
	return resolveBlob(ctx, text, rest, opt)
}
