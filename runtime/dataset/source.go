package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:// buckets
	_ "gocloud.dev/blob/memblob"  // mem:// buckets
	_ "gocloud.dev/blob/s3blob"   // s3:// buckets
	"gocloud.dev/gcerrors"
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

type readerAtCloser interface {
	io.ReaderAt
	io.Closer
}

// source is the files of a dataset in the order of their names.
type source struct {
	files []file
	close func() error
}

// resolve finds the files behind a source: a path or glob relative to opt.Dir,
// an absolute one, or a blob URL whose path may be a glob.
func resolve(ctx context.Context, text string, opt Options) (*source, error) {
	if text == "" {
		return nil, errors.New("the dataset has no source: name a file, a glob or a blob URL")
	}
	scheme, rest, isURL := strings.Cut(text, "://")
	switch {
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

func resolveLocal(text string, opt Options) (*source, error) {
	full := filepath.FromSlash(text)
	if !filepath.IsAbs(full) {
		full = filepath.Join(opt.Dir, full)
	}
	var paths []string
	info, err := os.Stat(full)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a folder: name a file in it or a glob such as %s", text, path.Join(text, "*.csv"))
	case err == nil:
		paths = []string{full}
	case !isGlob(text):
		return nil, missingFile(text, full, err)
	default:
		if paths, err = filepath.Glob(full); err != nil {
			return nil, fmt.Errorf("%s: not a glob: %w", text, err)
		}
	}
	src := &source{close: func() error { return nil }}
	base := globBase(full, string(filepath.Separator))
	slices.Sort(paths)
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("dataset file: %w", err)
		}
		if info.IsDir() {
			continue
		}
		rel, err := filepath.Rel(base, p)
		if err != nil {
			return nil, fmt.Errorf("dataset file: %w", err)
		}
		src.files = append(src.files, localFile(p, filepath.ToSlash(rel), filepath.ToSlash(shownPath(text, opt.Dir, p)), info.Size()))
	}
	if len(src.files) == 0 {
		return nil, fmt.Errorf("%s: no file matches; the glob is looked up under %s", text, globBase(full, string(filepath.Separator)))
	}
	return src, nil
}

// shownPath is a file's path as the blueprint would write it.
func shownPath(text, dir, p string) string {
	if filepath.IsAbs(filepath.FromSlash(text)) {
		return p
	}
	if rel, err := filepath.Rel(dir, p); err == nil {
		return rel
	}
	return p
}

func localFile(full, name, shown string, size int64) file {
	return file{name: name, path: shown, size: size,
		open:   func(context.Context) (io.ReadCloser, error) { return os.Open(full) },
		openAt: func(context.Context) (readerAtCloser, error) { return os.Open(full) },
	}
}

// missingFile says what lies where a file was looked for.
func missingFile(text, full string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("dataset source: %w", err)
	}
	entries, dirErr := os.ReadDir(filepath.Dir(full))
	if dirErr != nil {
		return fmt.Errorf("%s: no such file, nor a folder %s: %w", text, filepath.Dir(full), err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	hint := nearest(filepath.Base(full), names)
	switch {
	case len(names) == 0:
		hint = "the folder holds no files"
	case hint == "":
		hint = "the folder holds " + quoteList(names, 5)
	}
	return fmt.Errorf("%s: no such file in %s; %s: %w", text, filepath.Dir(full), hint, fs.ErrNotExist)
}

func isGlob(s string) bool { return strings.ContainsAny(s, "*?[") }

// globBase returns the folder above the first wildcard, or above the file.
func globBase(p, separator string) string {
	if i := strings.IndexAny(p, "*?["); i >= 0 {
		p = p[:i]
	}
	if i := strings.LastIndex(p, separator); i > 0 {
		return p[:i]
	} else if i == 0 {
		return separator
	}
	return "."
}

// resolveBlob finds the objects behind SCHEME://BUCKET/KEY?QUERY.
func resolveBlob(ctx context.Context, text, rest string, opt Options) (*source, error) {
	rest, query, _ := strings.Cut(rest, "?")
	if strings.Contains(text, "?") && isGlob(query) && !strings.Contains(query, "=") {
		return nil, fmt.Errorf("%s: a ? in a blob URL begins its options; match with * or [..]", text)
	}
	bucketName, key, _ := strings.Cut(rest, "/")
	if key == "" || strings.HasSuffix(key, "/") {
		return nil, fmt.Errorf("%s names no object: add a key, or a glob such as *.csv", text)
	}
	bucketURL := text[:strings.Index(text, "://")+3] + bucketName
	if query != "" {
		bucketURL += "?" + query
	}
	bucket, err := opt.OpenBucket(ctx, bucketURL)
	if err != nil {
		return nil, fmt.Errorf("bucket of %s: %w", text, err)
	}
	src := &source{close: bucket.Close}
	if src.files, err = blobFiles(ctx, bucket, text, key); err != nil {
		return nil, errors.Join(err, bucket.Close())
	}
	return src, nil
}

func blobFiles(ctx context.Context, bucket *blob.Bucket, text, key string) ([]file, error) {
	attrs, err := bucket.Attributes(ctx, key)
	if err == nil {
		return []file{blobFile(bucket, key, path.Base(key), text, attrs.Size)}, nil
	}
	if gcerrors.Code(err) != gcerrors.NotFound {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	if !isGlob(key) {
		return nil, fmt.Errorf("%s: no such object: %w", text, errors.Join(fs.ErrNotExist, err))
	}
	if _, err := path.Match(key, ""); err != nil {
		return nil, fmt.Errorf("%s: not a glob: %w", text, err)
	}
	base := globBase("/"+key, "/")
	var files []file
	it := bucket.List(&blob.ListOptions{Prefix: key[:strings.IndexAny(key, "*?[")]})
	for {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list of %s: %w", text, err)
		}
		if ok, _ := path.Match(key, o.Key); ok && !o.IsDir {
			name := strings.TrimPrefix(strings.TrimPrefix("/"+o.Key, base), "/")
			files = append(files, blobFile(bucket, o.Key, name, o.Key, o.Size))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no object matches", text)
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

func blobFile(bucket *blob.Bucket, key, name, shown string, size int64) file {
	return file{name: name, path: shown, size: size,
		open: func(ctx context.Context) (io.ReadCloser, error) { return bucket.NewReader(ctx, key, nil) },
		openAt: func(ctx context.Context) (readerAtCloser, error) {
			return &blobReaderAt{ctx: ctx, bucket: bucket, key: key}, nil
		},
	}
}

// blobReaderAt reads ranges of an object.
type blobReaderAt struct {
	ctx    context.Context //nolint:containedctx // io.ReaderAt has no place for one
	bucket *blob.Bucket
	key    string
}

func (r *blobReaderAt) ReadAt(p []byte, off int64) (int, error) {
	body, err := r.bucket.NewRangeReader(r.ctx, r.key, off, int64(len(p)), nil)
	if err != nil {
		return 0, err
	}
	n, err := io.ReadFull(body, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, errors.Join(err, body.Close())
}

func (r *blobReaderAt) Close() error { return nil }
