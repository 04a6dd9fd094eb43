package image

import (
	"fmt"
	"slices"
	"strings"
)

// Platform is an operating system and an architecture, in Go's words.
type Platform struct{ OS, Arch string }

// Platforms are those that images are made for.
var platforms = []string{"linux/amd64", "linux/arm64"}

// ParsePlatform reads a platform such as linux/arm64.
func ParsePlatform(text string) (Platform, error) {
	if !slices.Contains(platforms, text) {
		return Platform{}, fmt.Errorf("platform %q: use %s", text, strings.Join(platforms, " or "))
	}
	system, arch, _ := strings.Cut(text, "/")
	return Platform{OS: system, Arch: arch}, nil
}

// String is the platform as it is written.
func (p Platform) String() string { return p.OS + "/" + p.Arch }
