package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/stacks/image"
)

func imagePushVerb(m *imageApp) *cobra.Command {
	var from string
	c := &cobra.Command{
		Use:   "push REFERENCE",
		Short: "Push the image to a registry and print its reference by digest",
		Long: `Push uses Docker's credentials: those of "docker login" and of credential helpers such
as docker-credential-ecr-login. Layers that the registry has are not sent again.`,
		Example: `  ashlar image push registry.example.com/ashlar-runtime:1.2.0
  ashlar image push registry.example.com/ashlar-runtime:1.2.0 --from ashlar-runtime.tar
  pulumi config set image "$(ashlar image push REFERENCE --output json | jq -r .pinned)"`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(fmt.Sprintf("%s takes one reference, such as registry.example.com/ashlar-runtime:1.2.0", c.CommandPath()))
			}
			return m.push(c.Context(), args[0], from)
		},
	}
	c.Flags().StringVar(&from, "from", "",
		"push this `ARCHIVE`, written by ashlar image build (default: build the image)")
	return c
}

func (m *imageApp) push(ctx context.Context, reference, from string) (err error) {
	to, err := image.ParseReference(reference)
	if err != nil {
		return usageError(err.Error())
	}
	if from != "" && m.binary != "" {
		return usageError("--from and --binary: use one; the archive has a binary in it")
	}
	var built image.Built
	if from == "" {
		built, err = m.made(ctx)
	} else {
		temp, terr := os.MkdirTemp("", "ashlar-image-")
		if terr != nil {
			return terr
		}
		defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
		built, err = loadImage(from, temp)
	}
	if err != nil {
		return err
	}
	pushed, err := image.Push(ctx, built.Image, to, m.sent())
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

func loadImage(file, folder string) (_ image.Built, err error) {
	f, err := os.Open(file)
	if err != nil {
		return image.Built{}, fmt.Errorf("image archive: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return image.Load(f, folder)
}

// sent shows how much has been sent, on a terminal.
func (m *imageApp) sent() func(done, total int64) {
	if m.json() || !m.terminal(m.err) {
		return nil
	}
	return func(done, total int64) {
		fmt.Fprintf(m.err, "\r\x1b[K%s %.1f of %.1f MB", bar(int(done>>10), int(total>>10)),
			float64(done)/1e6, float64(total)/1e6)
		if done == total {
			fmt.Fprintln(m.err)
		}
	}
}
