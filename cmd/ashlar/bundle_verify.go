package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/stacks/bundle"
)

func bundleVerifyVerb(a *app) *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "verify URL --key FILE",
		Short: "Verify the signature of a bundle and print its reference by digest",
		Long: `Verify looks for a signature of the public key over the bundle's digest, in the format
of cosign. Without one the exit code is 1. What it prints is the reference by digest,
which a tag that is moved later does not change: deliver that one.`,
		Example: `  ashlar bundle verify oci://registry.example.com/acme/credit:1.2.0 --key bundle.pub
  openssl pkey -in bundle.key -pubout -out bundle.pub`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(c.CommandPath() +
					" takes one address, such as oci://registry.example.com/acme/credit:1.2.0")
			}
			return a.verifyBundle(c.Context(), args[0], key)
		},
	}
	c.Flags().StringVar(&key, "key", "", "the public key of who signs, in this `FILE` (PEM; required)")
	return c
}

func (a *app) verifyBundle(ctx context.Context, address, keyFile string) error {
	ref, err := bundle.Parse(address)
	if err != nil {
		return usageError(err.Error())
	}
	if keyFile == "" {
		return usageError("--key FILE is missing: the public key of who signs bundles")
	}
	key, err := bundle.ReadPublicKey(keyFile)
	if err != nil {
		return usageError(err.Error())
	}
	v, err := bundle.Verify(ctx, ref, key)
	if errors.Is(err, bundle.ErrNotSigned) {
		return fmt.Errorf("%w: %w", errFindings, err)
	}
	if err != nil {
		return err
	}
	if a.json() {
		return a.writeJSON(v)
	}
	for _, name := range slices.Sorted(maps.Keys(v.Annotations)) {
		a.tell("%s  %s", strings.TrimPrefix(name, "org.opencontainers.image."), v.Annotations[name])
	}
	fmt.Fprintln(a.out, v.Pinned)
	return nil
}
