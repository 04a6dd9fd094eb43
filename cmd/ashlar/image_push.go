package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/stacks/image"
)

func imagePushVerb(m *imageApp) *cobra.Command {
	var from []string
	c := &cobra.Command{
		Use:   "push REFERENCE",
		Short: "Push the image to a registry and print its reference by digest",
		Long: `Push uses Docker's credentials: those of "docker login" and of credential helpers such
as docker-credential-ecr-login. Layers that the registry has are not sent again.

With several platforms, or archives of several, push sends all images and an index, of
which each node takes the image of its own architecture.`,
		Example: `  ashlar image push registry.example.com/ashlar-runtime:1.2.0
  ashlar image push registry.example.com/ashlar-runtime:1.2.0 --from ashlar-runtime.tar
  ashlar image push registry.example.com/ashlar-runtime:1.2.0 --platform linux/amd64,linux/arm64
  pulumi config set image "$(ashlar image push REFERENCE --output json | jq -r .pinned)"`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(fmt.Sprintf("%s takes one reference, such as registry.example.com/ashlar-runtime:1.2.0", c.CommandPath()))
			}
			return m.push(c.Context(), args[0], from)
		},
	}
	c.Flags().StringArrayVar(&from, "from", nil,
		"push this `ARCHIVE`, written by ashlar image build (default: build the image); repeat it for other platforms")
	return c
}

func (m *imageApp) push(ctx context.Context, reference string, from []string) (err error) {
	to, err := image.ParseReference(reference)
	if err != nil {
		return usageError(err.Error())
	}
	if len(from) > 0 && m.binary != "" {
		return usageError("--from and --binary: use one; the archive has a binary in it")
	}
	var images []v1.Image
	if len(from) == 0 {
		images, err = m.all(ctx)
	} else {
		temp, terr := os.MkdirTemp("", "ashlar-image-")
		if terr != nil {
			return terr
		}
		defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
		images, err = loadImages(from, temp)
	}
	if err != nil {
		return err
	}
	var what image.Pushable = images[0]
	if len(images) > 1 {
		if what, err = image.Together(images); err != nil {
			return usageError(err.Error())
		}
	}
	pushed, err := image.Push(ctx, what, to, m.sent())
	if err != nil {
		return err
	}
	if m.json() {
		return m.writeJSON(pushed)
	}
	if pushed.Already {
		m.say("%s has it already", to)
	}
	fmt.Fprintln(m.out, pushed.Pinned)
	return nil
}

// all builds the image for each of the platforms.
func (m *imageApp) all(ctx context.Context) ([]v1.Image, error) {
	var platforms []image.Platform
	for text := range strings.SplitSeq(m.platform, ",") {
		p, err := image.ParsePlatform(strings.TrimSpace(text))
		if err != nil {
			return nil, usageError(err.Error())
		}
		platforms = append(platforms, p)
	}
	if len(platforms) > 1 && m.binary != "" {
		return nil, usageError("--binary is of one platform; build an archive of each, and push them with --from")
	}
	var out []v1.Image
	for _, p := range platforms {
		built, err := m.of(ctx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, built.Image)
	}
	return out, nil
}

// loadImages reads archives, each into a folder of its own below the given one.
func loadImages(files []string, folder string) ([]v1.Image, error) {
	var out []v1.Image
	for i, file := range files {
		own := filepath.Join(folder, strconv.Itoa(i))
		if err := os.Mkdir(own, 0o700); err != nil {
			return nil, err
		}
		built, err := loadImage(file, own)
		if err != nil {
			return nil, err
		}
		out = append(out, built.Image)
	}
	return out, nil
}

func loadImage(file, folder string) (_ image.Built, err error) {
	f, err := os.Open(file)
	if err != nil {
		return image.Built{}, fmt.Errorf("image archive: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return image.Load(f, folder)
}

// sent shows how much has been sent, on a terminal.
func (a *app) sent() func(done, total int64) {
	if a.json() || !a.terminal(a.err) {
		return nil
	}
	return func(done, total int64) {
		fmt.Fprintf(a.err, "\r\x1b[K%s %.1f of %.1f MB", bar(int(done>>10), int(total>>10)),
			float64(done)/1e6, float64(total)/1e6)
		if done == total {
			fmt.Fprintln(a.err)
		}
	}
}
