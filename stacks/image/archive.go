package image

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// maxArchive bounds an archive that is read, in bytes.
const maxArchive = 1 << 30

// Save writes the image as a tar archive that is an OCI layout and that `docker
// load`, `podman load`, `ctr images import` and `kind load image-archive` take.
// The name, such as ashlar-runtime:1.2.0, is what they will call it. The same
// image and name give the same bytes.
//
// Two formats are in one archive: the OCI layout, with index.json, and Docker's, with
// manifest.json. Both refer to the same blobs. The archive is built in memory.
func Save(w io.Writer, img v1.Image, name string) error {
	blobs, docker, err := parts(img, name)
	if err != nil {
		return fmt.Errorf("image archive: %w", err)
	}
	index, err := indexOf(img, name)
	if err != nil {
		return fmt.Errorf("image archive: %w", err)
	}
	entries := append(blobs,
		entry{name: "/oci-layout", mode: 0o644, content: []byte(`{"imageLayoutVersion":"1.0.0"}`)},
		entry{name: "/index.json", mode: 0o644, content: index},
		entry{name: "/manifest.json", mode: 0o644, content: docker},
	)
	content, err := pack(withFolders(entries))
	if err != nil {
		return fmt.Errorf("image archive: %w", err)
	}
	if _, err := w.Write(content); err != nil {
		return fmt.Errorf("image archive: %w", err)
	}
	return nil
}

// parts are the image's blobs, and the list of them that Docker wants.
// Docker's list has paths without the leading slash.
func parts(img v1.Image, name string) ([]entry, []byte, error) {
	manifest, err1 := img.RawManifest()
	digest, err2 := img.Digest()
	config, err3 := img.RawConfigFile()
	configName, err4 := img.ConfigName()
	layers, err5 := img.Layers()
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return nil, nil, err
	}
	out := []entry{blob(digest, manifest), blob(configName, config)}
	var names []string
	for _, l := range layers {
		h, err := l.Digest()
		if err != nil {
			return nil, nil, err
		}
		r, err := l.Compressed()
		if err != nil {
			return nil, nil, err
		}
		content, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, nil, err
		}
		out, names = append(out, blob(h, content)), append(names, blobPath(h)[1:])
	}
	docker, err := json.Marshal([]map[string]any{{"Config": blobPath(configName)[1:],
		"RepoTags": []string{name}, "Layers": names}})
	return out, docker, err
}

// blob is a file of the archive, named by its digest.
func blob(h v1.Hash, content []byte) entry {
	return entry{name: blobPath(h), mode: 0o644, content: content}
}

func blobPath(h v1.Hash) string { return "/blobs/" + h.Algorithm + "/" + h.Hex }

// indexOf is index.json. containerd takes the image's name from one annotation and
// other tools from the other.
func indexOf(img v1.Image, name string) ([]byte, error) {
	digest, err1 := img.Digest()
	size, err2 := img.Size()
	config, err3 := img.ConfigFile()
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	return json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{{
		MediaType: types.OCIManifestSchema1, Digest: digest, Size: size, Platform: config.Platform(),
		Annotations: map[string]string{"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name},
	}}})
}

// archived are the only names that an archive of ours has.
var archived = regexp.MustCompile(`^(oci-layout|index\.json|manifest\.json|blobs/|blobs/sha256/|blobs/sha256/[0-9a-f]{64})$`)

// Load reads an archive that Save wrote. The image reads from files below the
// folder, which must exist and be empty, as long as it is used.
//
// It verifies every digest before the image is used: an archive may have been on a
// disk or in a bucket that others write to.
func Load(r io.Reader, folder string) (Built, error) {
	if err := unpack(io.LimitReader(r, maxArchive), folder, maxArchive); err != nil {
		return Built{}, fmt.Errorf("image archive: %w", err)
	}
	index, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		return Built{}, fmt.Errorf("image archive: it is not an OCI layout: %w", err)
	}
	list, err := index.IndexManifest()
	if err != nil {
		return Built{}, fmt.Errorf("image archive: %w", err)
	}
	if len(list.Manifests) != 1 {
		return Built{}, fmt.Errorf("image archive: it has %d images, want one", len(list.Manifests))
	}
	img, err := index.Image(list.Manifests[0].Digest)
	if err != nil {
		return Built{}, fmt.Errorf("image archive: %w", err)
	}
	if is, err := img.Digest(); err != nil || is != list.Manifests[0].Digest {
		return Built{}, errors.Join(errors.New("image archive: its manifest is damaged"), err)
	}
	if err := verified(img, folder); err != nil {
		return Built{}, err
	}
	return described(img)
}

// unpack writes the archive's files below the folder. Names are matched against the
// few that Save writes, so none leads out of it, and links and devices are written
// as plain files. The files have most bytes together: a sparse file takes next to
// nothing in the archive, so bounding that does not bound them.
func unpack(r io.Reader, folder string, most int64) error {
	if err := os.MkdirAll(filepath.Join(folder, "blobs", "sha256"), 0o700); err != nil {
		return err
	}
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !archived.MatchString(h.Name) {
			return fmt.Errorf("%q is not of an image that `ashlar image build` wrote", h.Name)
		}
		if strings.HasSuffix(h.Name, "/") {
			continue
		}
		if h.Size > maxBlob {
			return fmt.Errorf("%q has more than %d MiB", h.Name, maxBlob>>20)
		}
		if most -= h.Size; most < 0 {
			return fmt.Errorf("with %q its files are larger than any image of ours", h.Name)
		}
		f, err := os.OpenFile(filepath.Join(folder, filepath.FromSlash(h.Name)),
			os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%q is there twice", h.Name)
		}
		if err != nil {
			return err
		}
		_, err = io.Copy(f, t) //nolint:gosec // its size was looked at
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
}

// maxBlob bounds a file of an image archive: a layer is a program and little else.
const maxBlob = 2 * MaxBinary

// verified checks every blob against its name.
// The manifest was verified by its digest before, so the digests in it hold.
func verified(img v1.Image, folder string) error {
	m, err := img.Manifest()
	if err != nil {
		return fmt.Errorf("image archive: %w", err)
	}
	for _, d := range append(m.Layers, m.Config) {
		f, err := os.Open(filepath.Join(folder, filepath.FromSlash(blobPath(d.Digest))))
		if err != nil {
			return fmt.Errorf("image archive: %w", err)
		}
		h, _, err := v1.SHA256(f)
		if err := errors.Join(err, f.Close()); err != nil || h != d.Digest {
			return fmt.Errorf("image archive: %s is damaged", d.Digest)
		}
	}
	return nil
}
