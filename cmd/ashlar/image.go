package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/stacks/image"
)

// imageVerbs is the list that a new `ashlar image` verb is added to.
var imageVerbs = []func(*imageApp) *cobra.Command{imageBuildVerb, imagePushVerb}

// imageApp is what the verbs under `ashlar image` share: what the image is of.
type imageApp struct {
	*app
	binary, platform string
}

func imageVerb(a *app) *cobra.Command {
	m := &imageApp{app: a}
	c := &cobra.Command{
		Use:   "image",
		Short: "Build and push the runtime image that every workload runs",
		Long: `Image builds the runtime image FROM scratch, without Docker: one static binary,
certificate authorities, a non-root user and a bill of materials (SBOM). The same
source gives the same digest on every machine.`,
		Example: `  ashlar image build --out ashlar-runtime.tar
  ashlar image push 123456789012.dkr.ecr.eu-west-1.amazonaws.com/ashlar-runtime:1.2.0
  ashlar image push registry.example.com/ashlar-runtime:1.2.0 --from ashlar-runtime.tar`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVar(&m.binary, "binary", "",
		"a static Linux binary of ashlar-runtime (default: built with this machine's Go)")
	c.PersistentFlags().StringVar(&m.platform, "platform", "linux/amd64",
		"linux/amd64 or linux/arm64; push takes both, with a comma between them")
	for _, verb := range imageVerbs {
		c.AddCommand(verb(m))
	}
	return c
}

// made builds the image from the binary that was named, or from one that it
// compiles first.
func (m *imageApp) made(ctx context.Context) (image.Built, error) {
	p, err := image.ParsePlatform(m.platform)
	if err != nil {
		return image.Built{}, usageError(err.Error())
	}
	return m.of(ctx, p)
}

// of is made for one platform.
func (m *imageApp) of(ctx context.Context, p image.Platform) (image.Built, error) {
	created, err := m.created()
	if err != nil {
		return image.Built{}, err
	}
	binary, err := m.program(ctx, p)
	if err != nil {
		return image.Built{}, err
	}
	return image.Build(image.Config{Binary: binary, Platform: p, Created: created})
}

func (m *imageApp) program(ctx context.Context, p image.Platform) (_ []byte, err error) {
	if m.binary == "" {
		m.say("building the runtime for %s", p)
		return image.Compile(ctx, ".", p)
	}
	f, err := os.Open(m.binary)
	if err != nil {
		return nil, fmt.Errorf("runtime binary: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	binary, err := io.ReadAll(io.LimitReader(f, image.MaxBinary+1))
	if err != nil {
		return nil, fmt.Errorf("runtime binary: %w", err)
	}
	return binary, nil
}

// created is the date for the labels: SOURCE_DATE_EPOCH where it is set, as
// https://reproducible-builds.org/specs/source-date-epoch/ says.
func (a *app) created() (time.Time, error) {
	text := a.getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, usageError(fmt.Sprintf("SOURCE_DATE_EPOCH %q: use seconds since 1970", text))
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// say tells people what is going on; a program reads only the end.
func (m *imageApp) say(format string, args ...any) {
	if !m.json() {
		fmt.Fprintf(m.err, format+"\n", args...)
	}
}
