package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ashlar-dev/ashlar/cmd/rendering"
	"github.com/ashlar-dev/ashlar/stacks/bundle"
)

// bundleVerbs is the list that a new `ashlar bundle` verb is added to.
var bundleVerbs = []func(*app) *cobra.Command{bundlePushVerb, bundleVerifyVerb}

func bundleVerb(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "bundle",
		Short: "Push manifests to a registry as one signed OCI artifact, for Flux and Argo CD",
		Long: `Bundle makes one OCI artifact of a repository's manifests, which Flux reads as an
OCIRepository and Argo CD as an OCI source. The same blueprint gives the same digest.
Secrets are never in it. ashlar generate delivery writes the objects that deliver it.`,
		Example: `  ashlar bundle push oci://registry.example.com/acme/credit:1.2.0 --env prod --provider kubernetes --config-file Pulumi.prod.yaml
  ashlar bundle push oci://registry.example.com/acme/credit:1.2.0 --from deploy --key bundle.key
  ashlar bundle verify oci://registry.example.com/acme/credit:1.2.0 --key bundle.pub`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, verb := range bundleVerbs {
		c.AddCommand(verb(a))
	}
	return c
}

// bundleSource is where the manifests of a bundle are: in a folder that was rendered
// before, or in blueprints that are rendered now.
type bundleSource struct {
	rendering.Flags
	from string
}

// add adds the flags.
func (s *bundleSource) add(flags *pflag.FlagSet) {
	s.Flags.Add(flags, rendering.Bundle)
	flags.StringVar(&s.from, "from", "",
		"take the manifests of this `FOLDER`, written by ashlar generate manifests (default: render them)")
}

// bundleArgs checks that a verb has its address, and folders only where they are rendered.
func (s *bundleSource) bundleArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usageError(c.CommandPath() +
			" takes the address of a bundle, such as oci://registry.example.com/acme/credit:1.2.0")
	}
	if s.from != "" && (len(args) > 1 || len(s.Flags.Args()) > 0) {
		return usageError("--from: the manifests are there already; leave out folders of blueprints and the flags that say how to render them")
	}
	return nil
}

// manifests reads the manifests. folder is where they were rendered before, "" where
// they were rendered now.
func (s *bundleSource) manifests(ctx context.Context, a *app, dirs []string) (m *bundle.Manifests, folder string,
	err error) {
	if s.from != "" {
		m, err = bundle.Read(s.from)
		return m, s.from, err
	}
	for _, dir := range dirs {
		if _, err := loadPlan(dir, s.Environment); err != nil {
			return nil, "", err
		}
	}
	program := builtStack()
	if program == "" {
		return nil, "", fmt.Errorf("%s, which renders manifests, is neither beside ashlar nor on PATH: run `go install %s@latest`, or `make stack` in a checkout, or give a folder of `ashlar generate manifests` with --from", stackProgram, stackPackage)
	}
	temp, err := os.MkdirTemp("", "ashlar-bundle-")
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	flags := s.Flags
	flags.Out, flags.Only = temp, "manifests"
	a.tell("rendering the manifests")
	if err := a.runStack(ctx, []string{program}, append(append([]string{"render"}, flags.Args()...), dirs...),
		io.Discard); err != nil {
		return nil, "", err
	}
	m, err = bundle.Read(temp)
	return m, "", err
}

// tell tells people what is going on; a program reads only the end.
func (a *app) tell(format string, args ...any) {
	if !a.json() {
		fmt.Fprintf(a.err, strings.TrimSuffix(format, "\n")+"\n", args...)
	}
}
