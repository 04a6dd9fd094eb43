package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/templates/preview"
)

// previewObjects are the flags of `ashlar generate preview`.
type previewObjects struct {
	preview.Options
	tool, repository, every, out string
}

func generatePreviewVerb(a *app) *cobra.Command {
	var f previewObjects
	c := &cobra.Command{
		Use:   "preview",
		Short: "Write the objects with which Argo CD or Flux give pull requests a preview",
		Long: `Preview writes an ApplicationSet of Argo CD, or a ResourceSet of the Flux Operator with
the input provider that it reads. For each open pull request on GitHub with the label it
deploys the artifact at --from with the tag pr-NUMBER-COMMIT, which CI pushes: the
manifests of the environment pr-NUMBER. When the pull request is closed, what was deployed
is deleted. "ashlar preview remove" deletes what is in the store and the database.

An artifact has no Secrets: "ashlar bundle push" names those that pods read, with their
keys, and "ashlar generate manifests --secrets" writes them for the job that pushes to
apply. "ashlar preview list --context" shows which ones pods wait for.`,
		Example: `  ashlar generate preview --for argocd --repo acme/shop --from oci://registry.example.com/acme/shop > previews.yaml
  ashlar generate preview --for flux --repo acme/shop --from oci://registry.example.com/acme/shop --secret github --out previews.yaml`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.generatePreview(f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.tool, "for", "", "argocd or flux (required)")
	flags.StringVar(&f.repository, "repo", "", "owner/name on GitHub (default: $GITHUB_REPOSITORY)")
	flags.StringVar(&f.URL, "from", "", "where CI pushes the artifacts: oci://registry/repository, without a tag (required)")
	flags.StringVar(&f.Name, "name", "", "what the objects' names begin with (default: the repository's name)")
	flags.StringVar(&f.Namespace, "namespace", "", "where the objects are (default: argocd or flux-system)")
	flags.StringVar(&f.Label, "label", "preview", "the label of pull requests that have a preview")
	flags.StringVar(&f.Secret, "secret", "",
		"the Secret with the token that reads pull requests: key token for Argo CD, username and password for Flux")
	flags.StringVar(&f.every, "every", "5m", "how often pull requests are looked for")
	flags.StringVar(&f.out, "out", "", "the output file (default: standard output)")
	return c
}

func (a *app) generatePreview(f previewObjects) (err error) {
	var ok bool
	f.Owner, f.Repository, ok = strings.Cut(orElse(f.repository, a.getenv("GITHUB_REPOSITORY")), "/")
	if !ok {
		return usageError("whose pull requests? Name the repository by --repo OWNER/NAME")
	}
	if f.Name == "" {
		f.Name = strings.Trim(strings.NewReplacer(".", "-", "_", "-").Replace(strings.ToLower(f.Repository)), "-")
	}
	every, err := plan.ParseDuration(f.every)
	if err != nil {
		return usageError(fmt.Sprintf("--every %q: write it as 5m", f.every))
	}
	f.Every = every.Round(time.Second)
	text, err := preview.For(f.tool, f.Options)
	if err != nil {
		return usageError(err.Error())
	}
	return a.writeGenerated(f.out, text, map[string]any{"file": f.out, "for": f.tool, "name": f.Name},
		"the previews by "+f.tool)
}
