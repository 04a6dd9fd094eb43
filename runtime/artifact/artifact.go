// Package artifact moves files and folders between a disk and the store.
//
// A file is an object. A folder is an object too: the list of its files with
// their digests, so that a folder of a thousand files of which one has changed
// costs one new object and one new list, and so that its digest says everything
// that is in it. Nothing but a file's path and bytes counts: times and owners do
// not, and what begins like a program or a script may be executed, for neither a
// bucket nor a ConfigMap could say so.
package artifact

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // dvc.lock names files by it; nothing is trusted for it
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Artifact is a file or folder that the store has.
type Artifact struct {
	Digest string `json:"digest"` // of the object
	// MD5 is as DVC has it: of the bytes, or of the list of a folder's files
	// with ".dir" after it.
	MD5   string `json:"md5"`
	Size  int64  `json:"size"`            // bytes of all files
	Files int    `json:"files,omitempty"` // number of a folder's files; 0 for a file
	Dir   bool   `json:"dir,omitempty"`
}

// Entry is one file of a folder.
type Entry struct {
	Path   string `json:"path"` // with slashes, relative to the folder
	Digest string `json:"digest"`
	MD5    string `json:"-"`
	Size   int64  `json:"size"`
}

// Bounds on what a folder may hold.
const (
	MaxFiles = 100_000
	maxTree  = 64 << 20 // bytes of the list
)

// keepTree makes an artifact of a folder's files.
// The files are objects already; the list comes last, so that a list in the store
// never names a file that is not there.
func keepTree(ctx context.Context, s *store.Store, entries []Entry) (Artifact, error) {
	a, list, err := treeOf(entries)
	if err != nil {
		return Artifact{}, err
	}
	a.Digest, _, err = s.Put(ctx, strings.NewReader(list))
	return a, err
}

// treeOf returns the artifact without its digest, and the list.
// It sorts entries in place: the digest must not depend on the order in which a
// file system or a bucket lists them.
func treeOf(entries []Entry) (a Artifact, list string, err error) {
	slices.SortFunc(entries, func(x, y Entry) int { return cmp.Compare(x.Path, y.Path) })
	b, err := json.Marshal(struct {
		Files []Entry `json:"files"`
	}{append([]Entry{}, entries...)})
	if err != nil {
		return a, "", err
	}
	if len(entries) > MaxFiles || len(b) > maxTree {
		return a, "", fmt.Errorf("%d files are more than a folder may hold (%d); pack them into an archive",
			len(entries), MaxFiles)
	}
	a = Artifact{Dir: true, Files: len(entries), MD5: dirMD5(entries)}
	for _, e := range entries {
		a.Size += e.Size
	}
	return a, string(b), nil
}

// dirMD5 is DVC's digest of a folder: of the JSON list of its files' digests and
// paths, in the order of the paths and with Python's spaces.
// It has to be byte for byte what DVC writes, or dvc.lock would show a folder as
// changed that is not.
func dirMD5(entries []Entry) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, e := range entries {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(`{"md5": "` + e.MD5 + `", "relpath": ` + ascii(e.Path) + `}`)
	}
	b.WriteByte(']')
	sum := md5.Sum([]byte(b.String())) //nolint:gosec // see above
	return hex.EncodeToString(sum[:]) + ".dir"
}

// ascii is a JSON text whose characters beyond ASCII are escaped.
// encoding/json also escapes <, > and &, which Python's json does not, hence the
// replacements; Python escapes beyond the BMP as two surrogates.
func ascii(text string) string {
	b, _ := json.Marshal(text) // a text always encodes
	var out strings.Builder
	for _, c := range strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(b)) {
		switch {
		case c < 0x80:
			out.WriteRune(c)
		case c > 0xffff:
			c -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+c>>10, 0xdc00+c&0x3ff)
		default:
			fmt.Fprintf(&out, `\u%04x`, c)
		}
	}
	return out.String()
}

// Tree returns the files of the folder with that digest.
// An error unwraps to store.ErrNotFound or store.ErrDamaged where that is the
// cause.
func Tree(ctx context.Context, s *store.Store, digest string) ([]Entry, error) {
	b, err := s.GetBytes(ctx, digest, maxTree)
	if err != nil {
		return nil, err
	}
	return decodeTree(b)
}

// decodeTree checks every path: a list comes from the store, and whoever can write
// there must not choose where Lay writes.
func decodeTree(b []byte) ([]Entry, error) {
	var list struct {
		Files []Entry `json:"files"`
	}
	if err := plan.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("list of a folder's files: %w", err)
	}
	for _, e := range list.Files {
		if !local(e.Path) || !store.IsDigest(e.Digest) {
			return nil, fmt.Errorf("list of a folder's files: %q is not a file in it", e.Path)
		}
	}
	return list.Files, nil
}

// local reports whether the path stays in its folder.
// A backslash is a separator on Windows. path.Clean(p) == p excludes "a/../b", "./a"
// and double slashes, so one file has one name.
func local(p string) bool {
	return p != "" && p != "." && p != ".." && !path.IsAbs(p) && path.Clean(p) == p && !strings.HasPrefix(p, "../") &&
		!strings.ContainsAny(p, "\\\x00")
}

// md5Reader computes the MD5 of what passes through.
type md5Reader struct {
	r io.Reader
	// hash.Hash without what is not used.
	sum interface {
		io.Writer
		Sum([]byte) []byte
	}
}

func newMD5Reader(r io.Reader) *md5Reader {
	return &md5Reader{r: r, sum: md5.New()} //nolint:gosec // see above
}

// Read reads and hashes.
func (m *md5Reader) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	_, _ = m.sum.Write(p[:n]) // a hash takes every byte
	return n, err
}

// text is the digest of what was read so far, in hexadecimal.
func (m *md5Reader) text() string { return hex.EncodeToString(m.sum.Sum(nil)) }

// MissingError says that a path is not there.
type MissingError struct{ Path string }

// Error names the path.
func (e *MissingError) Error() string { return e.Path + " is not there" }

// IsMissing reports whether the error is of a path that is not there.
func IsMissing(err error) bool { return errors.As(err, new(*MissingError)) }
