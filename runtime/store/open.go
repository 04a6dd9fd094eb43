package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/memblob" // mem:// buckets
	"gocloud.dev/blob/s3blob"

	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// strandedAfter is how old a temporary file must be before Open takes it for
// one that a killed process left behind.
const strandedAfter = time.Hour

// stranded matches the temporary files of fileblob and of spool.
var stranded = regexp.MustCompile(`\.[0-9a-f]+\.tmp$|^ashlar-spool-.*$`)

// Open opens the store at location: the path of a folder, which is made where
// it is missing, or a blob URL such as file:///srv/ashlar or
// s3://bucket/prefix?region=eu-west-1. Temporary files that a killed process
// left in a folder more than an hour ago are removed.
func Open(ctx context.Context, location string) (*Store, error) {
	if location == "" {
		return nil, errors.New("store: no location; name a folder or a URL such as s3://bucket/prefix")
	}
	scheme, _, isURL := strings.Cut(location, "://")
	if !isURL {
		return openFolder(location)
	}
	u, err := url.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", location, err)
	}
	if scheme == fileblob.Scheme {
		if len(u.Query()) > 0 {
			return nil, fmt.Errorf("store %s: a folder takes no options; drop %q", location, "?"+u.RawQuery)
		}
		if u.Host == "." {
			return openFolder(strings.TrimPrefix(u.Path, "/"))
		}
		return openFolder(u.Path)
	}
	// gocloud.dev takes the host as the bucket and does not look at the path.
	prefix := strings.Trim(u.Path, "/")
	u.Path = ""
	bucket, err := OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", location, err)
	}
	if prefix != "" {
		bucket = blob.PrefixedBucket(bucket, prefix+"/")
	}
	return New(bucket, Options{})
}

// OpenBucket opens the bucket of a blob URL, unless the endpoint that its
// options name is one that nothing is sent to; see package outbound. What a name
// leads to is looked at here, and again at each connection.
func OpenBucket(ctx context.Context, location string) (*blob.Bucket, error) {
	return openBucket(ctx, location, outbound.Config{})
}

// openBucket is OpenBucket with the network's rules given, for tests.
func openBucket(ctx context.Context, location string, network outbound.Config) (*blob.Bucket, error) {
	u, err := url.Parse(location)
	if err != nil {
		return nil, err
	}
	// An endpoint is where requests and credentials are sent, and a blueprint
	// may name it: without the check it could name the metadata address.
	for _, endpoint := range u.Query()["endpoint"] {
		if !strings.Contains(endpoint, "://") {
			endpoint = "https://" + endpoint
		}
		if err := network.Check(ctx, endpoint); err != nil {
			return nil, fmt.Errorf("endpoint: %w", err)
		}
	}
	if u.Scheme == s3blob.Scheme {
		return openS3(ctx, u, network)
	}
	return blob.OpenBucket(ctx, location)
}

// OpenToRead opens the store in a folder that may be one that this process may
// only read: nothing is made and nothing is swept.
func OpenToRead(path string) (*Store, error) {
	folder, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	bucket, err := fileblob.OpenBucket(folder, &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", folder, err)
	}
	return New(bucket, Options{Folder: folder})
}

// openFolder opens the store in a folder, made for its owner alone. Temporary
// files are beside their targets (NoTempDir), since a rename works only within one
// file system. Attributes would be a second file beside each object, and a process
// could be killed between the two, so none are written.
func openFolder(path string) (*Store, error) {
	folder, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	bucket, err := fileblob.OpenBucket(folder, &fileblob.Options{
		CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", folder, err)
	}
	if err := sweep(folder, time.Now().Add(-strandedAfter)); err != nil {
		return nil, errors.Join(fmt.Errorf("store %s: sweep temporary files: %w", folder, err), bucket.Close())
	}
	return New(bucket, Options{Folder: folder})
}

// sweep removes temporary files last written before the cutoff. Files that
// another process removes meanwhile are no error.
// The cutoff protects files that another process is writing at this moment.
func sweep(folder string, cutoff time.Time) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() || !stranded.MatchString(d.Name()) {
			return err
		}
		info, err := d.Info()
		if err == nil && info.ModTime().Before(cutoff) {
			err = os.Remove(path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}
