package bundle

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/image"
)

// The format of signatures is cosign's, which Flux verifies: beside the artifact, under
// the tag sha256-DIGEST.sig, an image whose layers are payloads that name the digest,
// each with its signature as an annotation.
const (
	payloadType         = "application/vnd.dev.cosign.simplesigning.v1+json"
	signatureAnnotation = "dev.cosignproject.cosign/signature"
	signatureKind       = "cosign container image signature"

	maxPayload    = 64 << 10
	maxSignatures = 100
)

// payload is what is signed. Its names and their order are the format's.
type payload struct {
	Critical critical       `json:"critical"`
	Optional map[string]any `json:"optional"`
}

type critical struct {
	Identity struct {
		Reference string `json:"docker-reference"`
	} `json:"identity"`
	Image struct {
		Digest string `json:"docker-manifest-digest"`
	} `json:"image"`
	Type string `json:"type"`
}

// SignatureTag is where the signatures of a digest are.
func SignatureTag(d name.Digest) name.Tag {
	return d.Context().Tag(strings.Replace(d.DigestStr(), ":", "-", 1) + ".sig")
}

// Sign adds the key's signature to those of the digest, and keeps those of other keys.
// already is true, and nothing is written, where the key has signed it before.
func Sign(ctx context.Context, d name.Digest, key PrivateKey) (already bool, err error) {
	tag := SignatureTag(d)
	img, err := signatures(ctx, d)
	if err != nil {
		return false, err
	}
	if img == nil {
		img = mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	} else if already, err = signed(img, d.DigestStr(), key.Public()); already || err != nil {
		return already, err
	}
	p := payload{}
	p.Critical.Identity.Reference, p.Critical.Image.Digest = d.Context().Name(), d.DigestStr()
	p.Critical.Type = signatureKind
	text, err := json.Marshal(p)
	if err != nil {
		return false, fmt.Errorf("signature: %w", err)
	}
	signature, err := key.sign(text)
	if err != nil {
		return false, fmt.Errorf("signature: %w", err)
	}
	img, err = mutate.Append(img, mutate.Addendum{
		Layer: static.NewLayer(text, payloadType), MediaType: payloadType,
		Annotations: map[string]string{signatureAnnotation: base64.StdEncoding.EncodeToString(signature)},
	})
	if err == nil {
		err = remote.Write(tag, img, image.Options(ctx)...)
	}
	if err != nil {
		return false, fmt.Errorf("signature: push to %s: %w", tag, err)
	}
	return false, nil
}

// signatures is the image with the digest's signatures, nil where it has none.
func signatures(ctx context.Context, d name.Digest) (v1.Image, error) {
	img, err := remote.Image(SignatureTag(d), image.Options(ctx)...)
	var refused *transport.Error
	if errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("signatures of %s: %w", d, err)
	}
	return img, nil
}

// signed reports whether one of the signatures is the key's over the digest. What is
// malformed is not a signature, and hides none.
func signed(img v1.Image, digest string, key PublicKey) (bool, error) {
	m, err := img.Manifest()
	if err != nil {
		return false, fmt.Errorf("signatures of %s: %w", digest, err)
	}
	for _, l := range m.Layers[:min(len(m.Layers), maxSignatures)] {
		signature, err := base64.StdEncoding.DecodeString(l.Annotations[signatureAnnotation])
		if l.MediaType != payloadType || l.Size > maxPayload || err != nil || len(signature) == 0 {
			continue
		}
		text, err := payloadOf(img, l.Digest)
		if err != nil {
			return false, fmt.Errorf("signatures of %s: %w", digest, err)
		}
		if key.verifies(text, signature) && names(text, digest) {
			return true, nil
		}
	}
	return false, nil
}

// payloadOf reads what a signature is over; its digest is verified on the way.
func payloadOf(img v1.Image, digest v1.Hash) (text []byte, err error) {
	layer, err := img.LayerByDigest(digest)
	if err != nil {
		return nil, err
	}
	r, err := layer.Compressed()
	if err != nil {
		return nil, err
	}
	defer func(c io.Closer) { err = errors.Join(err, c.Close()) }(r)
	return plan.ReadAll(r, "the payload of a signature", maxPayload)
}

// names reports whether the payload is about the digest.
func names(text []byte, digest string) bool {
	var p payload
	err := json.Unmarshal(text, &p)
	return err == nil && p.Critical.Type == signatureKind && p.Critical.Image.Digest == digest
}
