package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func TestAnArchiveKeepsTheDigest(t *testing.T) {
	img := build(t, hello(t, amd64))
	text := saved(t, img)
	loaded, err := Load(bytes.NewReader(text), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(loaded.Image); err != nil {
		t.Error(err)
	}
	if was, is := digestOf(t, img), digestOf(t, loaded.Image); was != is || loaded.Digest != is ||
		!strings.HasPrefix(is, "sha256:") || loaded.Version != "devel" {
		t.Errorf("%s became %s, %+v", was, is, loaded)
	}
}

// TestDockerFindsWhatItLooksFor reads manifest.json, which is how `docker
// load` and its relatives find their way.
func TestDockerFindsWhatItLooksFor(t *testing.T) {
	entries := map[string][]byte{}
	r := tar.NewReader(bytes.NewReader(saved(t, build(t, hello(t, amd64)))))
	for h, err := r.Next(); err == nil; h, err = r.Next() {
		var content bytes.Buffer
		if _, err := content.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		entries[h.Name] = content.Bytes()
	}
	var list []struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	if err := json.Unmarshal(entries["manifest.json"], &list); err != nil || len(list) != 1 {
		t.Fatalf("%s: %v", entries["manifest.json"], err)
	}
	if list[0].RepoTags[0] != "ashlar-runtime:test" || len(list[0].Layers) != 2 {
		t.Errorf("%+v", list[0])
	}
	for _, name := range append(list[0].Layers, list[0].Config) {
		if len(entries[name]) == 0 {
			t.Errorf("%s is not in the archive", name)
		}
	}
}

func TestADamagedOrForeignArchiveIsRefused(t *testing.T) {
	text := saved(t, build(t, hello(t, amd64)))
	flipped := bytes.Clone(text)
	flipped[len(flipped)/2] ^= 1
	foreign := func(name string) []byte {
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	for name, bad := range map[string][]byte{
		"a flipped bit": flipped, "half of it": text[:len(text)/2], "nothing": nil, "no archive": []byte("hello"),
		"a way out": foreign("../../etc/passwd"), "another's": foreign("repositories"),
		"an absolute path": foreign("/etc/passwd"),
	} {
		if _, err := Load(bytes.NewReader(bad), t.TempDir()); err == nil ||
			!strings.Contains(err.Error(), "image archive") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFilesOfAnArchiveAreBoundedTogether(t *testing.T) {
	var text bytes.Buffer
	w := tar.NewWriter(&text)
	for _, digit := range []string{"a", "b"} {
		name := "blobs/sha256/" + strings.Repeat(digit, 64)
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: 6}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("layers")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := unpack(bytes.NewReader(text.Bytes()), t.TempDir(), 12); err != nil {
		t.Error(err)
	}
	if err := unpack(bytes.NewReader(text.Bytes()), t.TempDir(), 11); err == nil ||
		!strings.Contains(err.Error(), "its files are larger") {
		t.Errorf("got %v", err)
	}
}
