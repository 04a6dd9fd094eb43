package bundle

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

const scheme = "oci://"

// ParseTag reads where to push: oci://registry/repository:tag.
func ParseTag(text string) (name.Tag, error) {
	rest, err := reference(text)
	if err != nil {
		return name.Tag{}, err
	}
	tag, err := name.NewTag(rest, name.StrictValidation)
	if err != nil {
		return tag, fmt.Errorf("bundle %q: write it as oci://registry/repository:tag, such as oci://registry.example.com/acme/credit:1.2.0 (%w)", text, err)
	}
	return tag, nil
}

// Parse reads what to verify or to deliver: oci://registry/repository with a tag or a
// digest.
func Parse(text string) (name.Reference, error) {
	rest, err := reference(text)
	if err != nil {
		return nil, err
	}
	ref, err := name.ParseReference(rest, name.StrictValidation)
	if err != nil {
		return nil, fmt.Errorf("bundle %q: write it as oci://registry/repository:tag or oci://registry/repository@sha256:... (%w)", text, err)
	}
	return ref, nil
}

// reference cuts the scheme off. What looks like a password is not repeated.
func reference(text string) (string, error) {
	rest, ok := strings.CutPrefix(text, scheme)
	_, address, found := strings.Cut(text, "://")
	if !found {
		address = text
	}
	if host, _, _ := strings.Cut(address, "/"); strings.Contains(host, "@") {
		return "", errors.New("bundle: the address has a user or a password in it; write it without, and log in with `docker login`")
	}
	if !ok {
		return "", fmt.Errorf("bundle %q: write it as oci://registry/repository:tag; other schemes are not spoken",
			text)
	}
	return rest, nil
}
