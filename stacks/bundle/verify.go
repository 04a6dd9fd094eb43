package bundle

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/ashlar-dev/ashlar/stacks/image"
)

// ErrNotSigned marks a bundle without a signature of the key.
var ErrNotSigned = errors.New("has no signature of this key")

// Verified is a bundle whose signature was verified.
type Verified struct {
	Reference   string            `json:"reference"` // as it was asked for
	Digest      string            `json:"digest"`
	Pinned      string            `json:"pinned"` // repository@digest: what the signature is about
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Verify resolves the reference and looks for a signature of the key over its digest.
// An error that is ErrNotSigned says that there is none; others, that it was not found
// out.
func Verify(ctx context.Context, ref name.Reference, key PublicKey) (*Verified, error) {
	there, err := remote.Get(ref, image.Options(ctx)...)
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %w", ref, err)
	}
	d := ref.Context().Digest(there.Digest.String())
	sigs, err := signatures(ctx, d)
	if err != nil {
		return nil, err
	}
	found := false
	if sigs != nil {
		if found, err = signed(sigs, d.DigestStr(), key); err != nil {
			return nil, err
		}
	}
	if !found {
		return nil, fmt.Errorf("bundle %s, which is %s: %w", ref, d, ErrNotSigned)
	}
	out := &Verified{Reference: scheme + ref.String(), Digest: d.DigestStr(), Pinned: scheme + d.String()}
	img, err := there.Image()
	var m *v1.Manifest
	if err == nil {
		m, err = img.Manifest()
	}
	if err != nil {
		return nil, fmt.Errorf("bundle %s: is not an artifact with a manifest: %w", ref, err)
	}
	out.Annotations = m.Annotations
	return out, nil
}
