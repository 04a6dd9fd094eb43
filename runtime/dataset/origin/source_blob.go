package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// resolveBlob finds the objects behind SCHEME://BUCKET/KEY?QUERY.
func resolveBlob(ctx context.Context, text, rest string, at Where) (*Source, error) {
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
	return openBlobs(ctx, text, bucketURL, key, at)
}

// resolveBelow finds the objects of a relative source below at.Dir, which is a
// blob URL such as s3://bucket/prefix?region=eu-west-1. The source cannot leave
// the prefix.
func resolveBelow(ctx context.Context, text string, at Where) (*Source, error) {
	base, err := url.Parse(at.Dir)
	if err != nil || base.Host == "" && base.Scheme != "mem" {
		return nil, fmt.Errorf("%s: relative sources are to start from %q, which is not a blob URL such as s3://bucket/prefix", text, at.Dir)
	}
	// Joining with "/" before cleaning makes ".." stop at the prefix.
	key := strings.TrimPrefix(path.Join(base.Path, path.Clean("/"+text)), "/")
	base.Path = ""
	return openBlobs(ctx, text, base.String(), key, at)
}

// openBlobs finds the objects of a bucket that the key names or matches.
func openBlobs(ctx context.Context, text, bucketURL, key string, at Where) (*Source, error) {
	bucket, err := at.OpenBucket(ctx, bucketURL)
	if err != nil {
		return nil, fmt.Errorf("bucket of %s: %w", text, err)
	}
	src := &Source{Close: bucket.Close}
	if src.Files, err = blobFiles(ctx, bucket, text, key); err != nil {
		return nil, errors.Join(err, bucket.Close())
	}
	src.Many = len(src.Files) > 1
	return src, nil
}

// blobFiles takes a key that exists literally before it reads it as a glob:
// keys may hold brackets. Listing starts at the part before the first wildcard,
// so that a large bucket is not listed as a whole. "*" does not cross a "/".
func blobFiles(ctx context.Context, bucket *blob.Bucket, text, key string) ([]File, error) {
	attrs, err := bucket.Attributes(ctx, key)
	if err == nil {
		return []File{blobFile(bucket, key, path.Base(key), text, attrs.Size)}, nil
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
	var files []File
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
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, nil
}

func blobFile(bucket *blob.Bucket, key, name, shown string, size int64) File {
	return File{Name: name, Path: shown, Size: size,
		Open: func(ctx context.Context) (io.ReadCloser, error) { return bucket.NewReader(ctx, key, nil) },
		OpenAt: func(ctx context.Context) (ReaderAtCloser, error) {
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

// ReadAt makes a request a call. io.ReaderAt wants io.EOF, and no other error,
// where fewer bytes are left than were asked for.
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
