package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/stacks/image"
)

func imageBuildVerb(m *imageApp) *cobra.Command {
	var out, name string
	c := &cobra.Command{
		Use:   "build",
		Short: "Build the image as an archive that docker, podman, ctr and kind can load",
		Example: `  ashlar image build
  ashlar image build --platform linux/arm64 --out runtime.tar
  ashlar image build --binary bin/ashlar-runtime --name ashlar-runtime:dev`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			built, err := m.made(c.Context())
			if err != nil {
				return err
			}
			if name == "" {
				name = "ashlar-runtime:" + built.Tag()
			}
			size, err := saveImage(out, built, name)
			if err != nil {
				return err
			}
			if m.json() {
				return m.writeJSON(map[string]any{"file": out, "name": name, "digest": built.Digest,
					"platform": m.platform, "bytes": size})
			}
			fmt.Fprintf(m.out, "%s  %s  %.1f MB in %s\n", name, built.Digest, float64(size)/1e6, out)
			return nil
		},
	}
	c.Flags().StringVar(&out, "out", "ashlar-runtime.tar", "the archive to write")
	c.Flags().StringVar(&name, "name", "", "the image's name in the archive (default: ashlar-runtime and the version)")
	return c
}

// saveImage writes the archive, whole or not at all, and returns its size.
func saveImage(file string, built image.Built, name string) (int64, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return 0, fmt.Errorf("image archive: %w", err)
	}
	f, err := renameio.NewPendingFile(abs, renameio.WithPermissions(0o644))
	if err != nil {
		return 0, fmt.Errorf("image archive: %w", err)
	}
	defer func() { _ = f.Cleanup() }() // nothing to clean up once it is in place
	if err := image.Save(f, built.Image, name); err != nil {
		return 0, err
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return 0, fmt.Errorf("image archive: %w", err)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return 0, fmt.Errorf("image archive: %w", err)
	}
	return info.Size(), nil
}
