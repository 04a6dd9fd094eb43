package image

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Together returns an index of images for different platforms, of which a node takes
// the one that is its own. The order of the images does not matter: the same images
// give the same digest.
func Together(images []v1.Image) (v1.ImageIndex, error) {
	if len(images) < 2 {
		return nil, errors.New("image index: it takes images of two platforms or more")
	}
	by := map[string]v1.Image{}
	var platforms []string
	for _, img := range images {
		file, err := img.ConfigFile()
		if err != nil {
			return nil, fmt.Errorf("image index: %w", err)
		}
		p := Platform{OS: file.OS, Arch: file.Architecture}.String()
		if by[p] != nil {
			return nil, fmt.Errorf("image index: two images for %s; build one with another --platform", p)
		}
		by[p] = img
		platforms = append(platforms, p)
	}
	slices.Sort(platforms)
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range platforms {
		system, arch, _ := strings.Cut(p, "/")
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: by[p],
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: system, Architecture: arch}}})
	}
	return index, nil
}
