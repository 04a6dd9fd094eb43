// Package image makes the image that every workload runs, from nothing but the
// runtime's binary, and pushes it. It needs neither Docker nor root.
//
// The image is FROM scratch: one static binary, the certificate authorities of
// the public web, an empty /tmp, a user who is not root, and a bill of
// materials. There is no shell and no package manager in it, so there is
// nothing to patch but the binary, and nothing to run for whoever gets in.
//
// The same binary gives the same bytes on every machine: entries are sorted,
// owners and times fixed, and the authorities come from a Go module rather
// than from the machine. The authorities are a layer of their own, so that a
// new binary moves one layer.
//
// The package is beside the stacks and not in the runtime: it is about the
// binary from outside, and the runtime should not carry a registry client.
package image

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// What the image is, for manifests and for tests.
const (
	Entrypoint = "/bin/ashlar-runtime"
	User       = "65532:65532" // "nonroot", as distroless images number it
	SBOMPath   = "/usr/share/sbom/ashlar-runtime.cdx.json"
	Port       = "8080/tcp"

	authoritiesPath = "/etc/ssl/certs/ca-certificates.crt"
	labelPrefix     = "org.opencontainers.image."
	source          = "https://github.com/ashlar-dev/ashlar"
)

// Config is what an image is made of.
type Config struct {
	Binary   []byte   // a static Linux binary built by Go
	Platform Platform // that the binary must be for
	// Created is written into the labels; zero: the commit's time where the
	// binary knows it, else 1 January 1970. Files in the image are always of
	// 1970, so that layers do not depend on it.
	Created time.Time
}

// Built is an image and its name by content, sha256:...
type Built struct {
	Image   v1.Image
	Digest  string
	Version string // of the runtime in it
}

// Tag is the version as a tag can be written.
func (b Built) Tag() string {
	return strings.ReplaceAll(b.Version, "+", "-")
}

// Build makes the image, or says everything that is wrong with the binary.
func Build(cfg Config) (Built, error) {
	p, err := inspect(cfg.Binary)
	if err != nil {
		return Built{}, fmt.Errorf("runtime binary: %w", err)
	}
	if err := p.fits(cfg.Platform); err != nil {
		return Built{}, fmt.Errorf("runtime binary: %w", err)
	}
	img, err := assemble(cfg, p)
	if err != nil {
		return Built{}, fmt.Errorf("image: %w", err)
	}
	return described(img)
}

// described adds what people call the image.
func described(img v1.Image) (Built, error) {
	digest, err1 := img.Digest()
	config, err2 := img.ConfigFile()
	if err := errors.Join(err1, err2); err != nil {
		return Built{}, fmt.Errorf("image: %w", err)
	}
	return Built{Image: img, Digest: digest.String(), Version: config.Config.Labels[labelPrefix+"version"]}, nil
}

// assemble puts the layers and the configuration together. The base layer comes first,
// since it changes least; registries and nodes share it between versions.
func assemble(cfg Config, p *program) (v1.Image, error) {
	created := cfg.Created
	if created.IsZero() {
		created = p.committed()
	}
	bill, err := p.bill("ashlar-runtime", cfg.Binary, created)
	if err != nil {
		return nil, err
	}
	base, err1 := layer(baseEntries())
	top, err2 := layer([]entry{
		{name: Entrypoint, mode: 0o755, content: cfg.Binary},
		{name: SBOMPath, mode: 0o644, content: bill},
	})
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("layer: %w", err)
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	img, err = mutate.Append(img, addendum(base, "certificate authorities, user, /tmp", created),
		addendum(top, "runtime and its bill of materials", created))
	if err != nil {
		return nil, err
	}
	file, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = cfg.Platform.OS, cfg.Platform.Arch
	file.Created = v1.Time{Time: created}
	file.Config = v1.Config{
		Entrypoint: []string{Entrypoint}, User: User, WorkingDir: "/",
		Env:          []string{"PATH=/bin", "SSL_CERT_FILE=" + authoritiesPath},
		ExposedPorts: map[string]struct{}{Port: {}},
		Labels:       p.labels(created),
	}
	return mutate.ConfigFile(img, file)
}

// addendum is a layer with a line of history, which registries show.
func addendum(l v1.Layer, what string, created time.Time) mutate.Addendum {
	return mutate.Addendum{Layer: l, MediaType: types.OCILayer, History: v1.History{
		Author: "ashlar image build", Created: v1.Time{Time: created}, CreatedBy: "ashlar image build", Comment: what,
	}}
}

// baseEntries are what a static binary needs around it.
// passwd and group are for programs that look their user up; /tmp is sticky, as
// everywhere, and is where a pod may mount an emptyDir.
func baseEntries() []entry {
	return []entry{
		{name: "/etc/passwd", mode: 0o644,
			content: []byte("root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n")},
		{name: "/etc/group", mode: 0o644, content: []byte("root:x:0:\nnonroot:x:65532:\n")},
		{name: authoritiesPath, mode: 0o644, content: authorities()},
		{name: "/tmp/", mode: 0o1777},
	}
}

// labels are the OCI annotations that registries and scanners show.
func (p *program) labels(created time.Time) map[string]string {
	out := map[string]string{
		labelPrefix + "title":       "ashlar-runtime",
		labelPrefix + "description": "The program inside every workload of an Ashlar blueprint",
		labelPrefix + "source":      source,
		labelPrefix + "version":     p.version(),
		labelPrefix + "created":     created.UTC().Format(time.RFC3339),
	}
	if revision := p.revision(); revision != "" {
		out[labelPrefix+"revision"] = revision
	}
	return out
}

// SBOM returns the bill of materials that the image carries, as CycloneDX JSON.
func SBOM(binary []byte) ([]byte, error) {
	p, err := inspect(binary)
	if err != nil {
		return nil, fmt.Errorf("runtime binary: %w", err)
	}
	bill, err := p.bill("ashlar-runtime", binary, p.committed())
	return bytes.TrimSpace(bill), err
}
