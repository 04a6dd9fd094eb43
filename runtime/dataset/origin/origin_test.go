package origin

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
)

// listed resolves a source and writes down its files: name, size and content.
func listed(t *testing.T, text string, at Where) []string {
	t.Helper()
	src, err := Resolve(t.Context(), text, at)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range src.Files {
		r, err := f.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(io.LimitReader(r, 1<<10))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		part := make([]byte, 2)
		random, err := f.OpenAt(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := random.ReadAt(part, 1); err != nil || string(part) != string(b[1:3]) {
			t.Errorf("%s: 2 bytes from 1 are %q, %v; want %q", f.Path, part, err, b[1:3])
		}
		if err := random.Close(); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(f.Name, " ", f.Size, " ", string(b)))
	}
	if src.Many != (len(src.Files) > 1) {
		t.Errorf("%s: many is %v of %d files", text, src.Many, len(src.Files))
	}
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

// The digest of a dataset is made of names and contents, and is to survive a move
// from a folder to a bucket.
func TestAFolderAndABucketHaveTheSameFiles(t *testing.T) {
	files := map[string]string{"in/day=1/a.csv": "first", "in/day=2/a.csv": "second", "in/day=10/a.csv": "tenth",
		"in/[1].csv": "brackets", "in/other.txt": "not asked for"}
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bucket := func(ctx context.Context, url string) (*blob.Bucket, error) {
		if url != "mem://data" {
			return nil, fmt.Errorf("asked for %s", url)
		}
		b := memblob.OpenBucket(nil)
		for name, text := range files {
			if err := b.WriteAll(ctx, "below/"+name, []byte(text), nil); err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	for text, want := range map[string][]string{
		"in/day=*/a.csv": {"day=1/a.csv 5 first", "day=10/a.csv 5 tenth", "day=2/a.csv 6 second"},
		"in/[1].csv":     {"[1].csv 8 brackets"}, // a name that exists is no glob
		"in/day=2/a.csv": {"a.csv 6 second"},
	} {
		for _, found := range [][]string{
			listed(t, text, Where{Dir: dir}),
			listed(t, "file://"+filepath.ToSlash(dir)+"/"+text, Where{}),
			listed(t, text, Where{Dir: "mem://data/below", OpenBucket: bucket}),
			listed(t, "mem://data/below/"+text, Where{OpenBucket: bucket}),
		} {
			if strings.Join(found, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s: %q, want %q", text, found, want)
			}
		}
	}
	// What leads above the prefix ends at it.
	if _, err := Resolve(t.Context(), "../../in/other.txt",
		Where{Dir: "mem://data/below/in", OpenBucket: bucket}); err == nil ||
		!strings.Contains(err.Error(), "no such object") {
		t.Errorf("a source above the prefix: %v", err)
	}
}
