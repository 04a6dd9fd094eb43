package image

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/pem"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// epoch is the time of every file in an image.
func epoch() time.Time { return time.Unix(0, 0).UTC() }

// entry is a file in a layer, or a folder where its name ends in a slash.
type entry struct {
	name    string // absolute
	mode    int64
	content []byte
}

// layer packs the entries and the folders above them, sorted, owned by root.
// The content is kept in memory and compressed once.
func layer(entries []entry) (v1.Layer, error) {
	content, err := pack(withFolders(entries))
	if err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		tarball.WithCompressionLevel(gzip.DefaultCompression), tarball.WithMediaType(types.OCILayer),
		tarball.WithCompressedCaching)
}

// Layer packs files by absolute path as a layer: sorted, owned by root, of 1970, with
// the folders above them. The same files give the same bytes.
func Layer(files map[string][]byte) (v1.Layer, error) {
	entries := make([]entry, 0, len(files))
	for name, content := range files {
		entries = append(entries, entry{name: name, mode: 0o644, content: content})
	}
	return layer(entries)
}

// withFolders adds the folders above the entries, sorted by name. An entry that is a
// folder itself keeps its own mode.
func withFolders(entries []entry) []entry {
	all := map[string]entry{}
	for _, e := range entries {
		for d := path.Dir(strings.TrimSuffix(e.name, "/")); d != "/"; d = path.Dir(d) {
			if _, known := all[d+"/"]; !known {
				all[d+"/"] = entry{name: d + "/", mode: 0o755}
			}
		}
		all[e.name] = e
	}
	out := make([]entry, 0, len(all))
	for _, e := range all {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	return out
}

// pack writes the entries as a USTAR archive: without extended headers, which would
// hold what differs between machines. Owner and group are 0 by the header's zero
// values.
func pack(entries []entry) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		h := &tar.Header{
			Name: strings.TrimPrefix(e.name, "/"), Mode: e.mode, Size: int64(len(e.content)), Typeflag: tar.TypeReg,
			ModTime: epoch(), Format: tar.FormatUSTAR,
		}
		if strings.HasSuffix(e.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// authorities are Mozilla's roots of the public web, in the order of their
// digests. Those that Mozilla trusts only for older certificates are left out:
// a PEM file cannot say that.
func authorities() []byte {
	type root struct {
		digest [sha256.Size]byte
		der    []byte
	}
	var roots []root
	for r := range bundle.Roots() {
		if r.Constraint == nil {
			roots = append(roots, root{sha256.Sum256(r.Certificate), r.Certificate})
		}
	}
	slices.SortFunc(roots, func(a, b root) int { return bytes.Compare(a.digest[:], b.digest[:]) })
	var out bytes.Buffer
	for _, r := range roots {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.der}))
	}
	return out.Bytes()
}
