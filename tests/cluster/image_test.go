//go:build integration

package cluster

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/ashlar-dev/ashlar/stacks/image"
)

// packed builds an image of a static binary, /bin/NAME, and of links to it under
// other names, brings it to the node and returns the image's name.
func (g ground) packed(t *testing.T, binary string, links ...string) string {
	t.Helper()
	content, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	add := func(h *tar.Header, content []byte) {
		h.Size = int64(len(content))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"bin/", "tmp/"} {
		add(&tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755}, nil)
	}
	base := filepath.Base(binary)
	add(&tar.Header{Typeflag: tar.TypeReg, Name: "bin/" + base, Mode: 0o755}, content)
	for _, link := range links {
		add(&tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/" + link, Linkname: base}, nil)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	one, err := tarball.LayerFromOpener(func() (io.ReadCloser,
		error) {
		return io.NopCloser(bytes.NewReader(layer.Bytes())), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, one)
	if err == nil {
		img, err = mutate.ConfigFile(img, configOf(t, img))
	}
	if err != nil {
		t.Fatal(err)
	}
	name, archive := "proof.test/"+base+":"+strings.ToLower(rand.Text()[:12]), filepath.Join(t.TempDir(), base+".tar")
	f, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	if err := image.Save(f, img, name); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	g.command(t, g.loader, "load", archive)
	return name
}

func configOf(t *testing.T, img v1.Image) *v1.ConfigFile {
	t.Helper()
	cfg, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	cfg = cfg.DeepCopy()
	cfg.OS, cfg.Architecture, cfg.Config.Env = "linux", "amd64", []string{"PATH=/bin"}
	return cfg
}
