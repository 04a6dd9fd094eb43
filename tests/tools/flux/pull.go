package main

import (
	"bytes"
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/fluxcd/pkg/tar"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/payload"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/registry/remote"
)

// allowed are the types that Argo CD takes a layer of by default.
var allowed = []string{"application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+gzip",
	"application/vnd.cncf.helm.chart.content.v1.tar+gzip"}

// pull verifies the artifact and unpacks its layer into the folder.
func (d *delivery) pull(ctx context.Context, dir string) error {
	repo, err := remote.NewRepository(strings.TrimPrefix(d.source.Spec.URL, "oci://"))
	if err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(repo.Reference.Host())
	repo.PlainHTTP = net.ParseIP(host).IsLoopback() // a test's own registry
	ref := d.source.Spec.Reference.Tag
	if d.source.Spec.Reference.Digest != "" {
		ref = d.source.Spec.Reference.Digest
	}
	at, err := repo.Resolve(ctx, ref)
	if err != nil {
		return err
	}
	if err := d.verify(ctx, repo, at); err != nil {
		return err
	}
	m, err := manifest(ctx, repo, at)
	if err != nil {
		return err
	}
	if len(m.Layers) != 1 || !slices.Contains(allowed, m.Layers[0].MediaType) {
		return fmt.Errorf("Argo CD takes one layer of %v, and there is %v", allowed, m.Layers)
	}
	layer, err := content.FetchAll(ctx, repo, m.Layers[0])
	if err != nil {
		return err
	}
	return tar.Untar(bytes.NewReader(layer), dir)
}

// manifest reads the manifest of an image.
func manifest(ctx context.Context, repo *remote.Repository, at ocispec.Descriptor) (m ocispec.Manifest, err error) {
	text, err := content.FetchAll(ctx, repo, at)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}

// verify looks for a signature of the Secret's key with sigstore's own library.
func (d *delivery) verify(ctx context.Context, repo *remote.Repository, at ocispec.Descriptor) error {
	v := d.source.Spec.Verify
	if v == nil {
		return nil
	}
	secret := d.keys[v.SecretRef.Name]
	if v.Provider != "cosign" || secret == nil {
		return fmt.Errorf("provider %s with Secret %s, which is not in the file", v.Provider, v.SecretRef.Name)
	}
	tag := strings.Replace(at.Digest.String(), ":", "-", 1) + ".sig"
	where, err := repo.Resolve(ctx, tag)
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	sigs, err := manifest(ctx, repo, where)
	if err != nil {
		return err
	}
	for name, text := range secret.StringData {
		if !strings.HasSuffix(name, ".pub") {
			continue
		}
		key, err := cryptoutils.UnmarshalPEMToPublicKey([]byte(text))
		if err != nil {
			return err
		}
		verifier, err := signature.LoadVerifier(key, crypto.SHA256)
		if err != nil {
			return err
		}
		for _, l := range sigs.Layers {
			if signed(ctx, repo, l, verifier, at) == nil {
				return nil
			}
		}
	}
	return errors.New("no signature of the key")
}

// signed verifies one signature over the digest.
func signed(ctx context.Context, repo *remote.Repository, l ocispec.Descriptor, v signature.Verifier,
	at ocispec.Descriptor) error {
	text, err := content.FetchAll(ctx, repo, l)
	if err != nil {
		return err
	}
	sig, err := base64.StdEncoding.DecodeString(l.Annotations["dev.cosignproject.cosign/signature"])
	if err != nil {
		return err
	}
	if err := v.VerifySignature(bytes.NewReader(sig), bytes.NewReader(text)); err != nil {
		return err
	}
	var p payload.Cosign
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	if p.Image.DigestStr() != at.Digest.String() {
		return fmt.Errorf("it is of %s", p.Image.DigestStr())
	}
	return nil
}
