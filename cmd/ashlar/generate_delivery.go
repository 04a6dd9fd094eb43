package main

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/stacks/bundle"
	"github.com/ashlar-dev/ashlar/stacks/bundle/delivery"
)

// deliveryFlags are the flags of `ashlar generate delivery` but for those that say where
// the manifests are.
type deliveryFlags struct {
	bundleSource
	tool, key, file string
	delivery.Options
}

func generateDeliveryVerb(a *app) *cobra.Command {
	var f deliveryFlags
	c := &cobra.Command{
		Use:   "delivery URL [DIR...] --for TOOL",
		Short: "Write the objects with which Flux or Argo CD deliver a bundle",
		Long: `Delivery writes the objects that deliver the bundle at URL, a tag or a digest, which
ashlar bundle push pushes of the same manifests.

For Flux: an OCIRepository, with the verification of the signature if --key names the
public key, and a Kustomization for each stage, which begins when the objects of the one
before are healthy. For Argo CD: an Application with server-side apply and rules that
ignore the fields which autoscalers and Argo Rollouts own.

DIR are the blueprints' folders (default: every blueprint under the current folder).`,
		Example: `  ashlar generate delivery oci://registry.example.com/acme/credit:1.2.0 --for flux --from deploy --key bundle.pub > flux.yaml
  ashlar generate delivery oci://registry.example.com/acme/credit:1.2.0 --for argocd --from deploy --out application.yaml`,
		Args: f.bundleArgs,
		RunE: func(c *cobra.Command, args []string) error {
			return a.generateDelivery(c.Context(), args[0], args[1:], &f)
		},
	}
	f.add(c.Flags())
	c.Flags().StringVar(&f.tool, "for", "", "flux or argocd (required)")
	c.Flags().StringVar(&f.file, "out", "", "the output file (default: standard output)")
	c.Flags().StringVar(&f.Name, "name", "", "what the objects are called (default: the last part of the repository)")
	c.Flags().StringVar(&f.Options.Namespace, "namespace", "",
		"where the objects are (default: flux-system or argocd)")
	c.Flags().StringVar(&f.key, "key", "", "Flux: the public key in this `FILE` must have signed the bundle (PEM)")
	c.Flags().StringVar(&f.ServiceAccount, "service-account", "",
		"Flux: the service account that applies the bundle (default: that of the controller)")
	c.Flags().StringVar(&f.PullSecret, "pull-secret", "", "Flux: the Secret with the registry's credentials")
	return c
}

func (a *app) generateDelivery(ctx context.Context, address string, dirs []string, f *deliveryFlags) error {
	ref, err := bundle.Parse(address)
	if err != nil {
		return usageError(err.Error())
	}
	if !slices.Contains(delivery.Tools(), f.tool) {
		return usageError(fmt.Sprintf("--for %q: use %s", f.tool, strings.Join(delivery.Tools(), " or ")))
	}
	if f.key != "" {
		key, err := bundle.ReadPublicKey(f.key)
		if err != nil {
			return usageError(err.Error())
		}
		f.Key = &key
	}
	f.Name = cmp.Or(f.Name, nameOf(ref))
	m, _, err := f.manifests(ctx, a, dirs)
	if err != nil {
		return err
	}
	text, err := delivery.For(f.tool, ref, m, f.Options)
	if err != nil {
		return err
	}
	return a.writeGenerated(f.file, text, map[string]any{"file": f.file, "for": f.tool, "name": f.Name,
		"stages": m.Stages()}, "the delivery by "+f.tool)
}

// notDNS is what a repository's name may have and an object's may not.
var notDNS = regexp.MustCompile(`[^a-z0-9]+`)

// nameOf is what the objects are called where nobody says: as the repository is.
func nameOf(ref name.Reference) string {
	return strings.Trim(notDNS.ReplaceAllString(path.Base(ref.Context().RepositoryStr()), "-"), "-")
}
