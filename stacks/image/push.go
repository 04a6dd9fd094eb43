package image

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// Pushed is an image in a registry.
type Pushed struct {
	Reference string `json:"reference"` // as it was asked for
	Digest    string `json:"digest"`
	Pinned    string `json:"pinned"`  // repository@digest: what nobody can move
	Already   bool   `json:"already"` // it was there before
}

// ParseReference reads where to push, such as registry.example.com/team/ashlar-runtime:1.2.0.
// A tag is asked for: "latest" names nothing for long.
func ParseReference(text string) (name.Tag, error) {
	tag, err := name.NewTag(text, name.StrictValidation)
	if err != nil {
		return tag, fmt.Errorf("image reference %q: write it as registry/repository:tag, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/ashlar-runtime:1.2.0 (%w)", text, err)
	}
	return tag, nil
}

// Options are those of every call of a registry: logged in as Docker's configuration
// and its credential helpers say, through the transport of package outbound.
func Options(ctx context.Context) []remote.Option {
	return []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain),
		remote.WithUserAgent("ashlar"), remote.WithTransport(outbound.Transport(outbound.Config{}))}
}

// Pushable is an image, or an index of images for several platforms.
type Pushable interface{ Digest() (v1.Hash, error) }

// Push sends the image or the index to the registry, logged in as Docker's configuration
// and its credential helpers say. What the registry has is not sent again, and
// a tag that names the image already is left alone, as immutable tags want.
// progress is told the bytes sent and their total; nil: nobody watches.
//
// The digest is looked at first: a registry with immutable tags refuses even to set a
// tag to what it is. Credentials go through the transport of package outbound, so
// never in the clear and to no forbidden address.
func Push(ctx context.Context, img Pushable, to name.Tag, progress func(done, total int64)) (Pushed, error) {
	h, err := img.Digest()
	if err != nil {
		return Pushed{}, fmt.Errorf("image digest: %w", err)
	}
	digest := h.String()
	out := Pushed{Reference: to.String(), Digest: digest, Pinned: to.Context().Digest(digest).String()}
	options := Options(ctx)
	have, err := remote.Head(to, options...)
	var refused *transport.Error
	switch {
	case err == nil && have.Digest.String() == digest:
		out.Already = true
		return out, nil
	case err != nil && !(errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound):
		// Some registries answer 401 or 403 to a repository that is not there;
		// the push below says what is really wrong.
		if refused == nil {
			return out, fmt.Errorf("push to %s: %w", to, err)
		}
	}
	// Writing closes the channel when it returns, which ends the goroutine.
	updates := make(chan v1.Update, 64)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		defer crash.Guard()
		for u := range updates {
			if progress != nil && u.Error == nil {
				progress(u.Complete, u.Total)
			}
		}
	}()
	err = write(to, img, append(options, remote.WithProgress(updates))...)
	<-watched
	if err != nil {
		return out, fmt.Errorf("push to %s: %w", to, err)
	}
	return out, nil
}

// write sends all that the image or the index consists of.
func write(to name.Tag, what Pushable, options ...remote.Option) error {
	switch what := what.(type) {
	case v1.Image:
		return remote.Write(to, what, options...)
	case v1.ImageIndex:
		return remote.WriteIndex(to, what, options...)
	}
	return fmt.Errorf("a %T is neither an image nor an index", what)
}
