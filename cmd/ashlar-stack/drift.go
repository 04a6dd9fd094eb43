package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/cmd/rendering"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/cluster"
	"github.com/ashlar-dev/ashlar/stacks/drift"
	"github.com/ashlar-dev/ashlar/stacks/drift/live"
	"github.com/ashlar-dev/ashlar/stacks/render"
)

// driftVerb is what `ashlar drift` runs: the CLI links neither Pulumi nor a Kubernetes
// client.
func driftVerb(out io.Writer) *cobra.Command {
	o := &renderOptions{}
	var context string
	c := &cobra.Command{
		Use:   "drift [DIR...]",
		Short: "Compare what a cluster has with what is rendered, for `ashlar drift`",
		Long: `Drift renders the Kubernetes objects and compares them with those of the cluster that
the stack's config names. It writes the findings as JSON. It changes nothing.`,
		Example: `  ashlar drift --env prod --config-file Pulumi.prod.yaml    # runs it`,
		RunE: func(c *cobra.Command, dirs []string) error {
			found, err := o.drift(c.Context(), context, dirs, counting(c.ErrOrStderr()))
			if err != nil {
				return err
			}
			return json.NewEncoder(out).Encode(found)
		},
	}
	o.Add(c.Flags(), rendering.Drift)
	c.Flags().StringVar(&context, "context", "", "context of the kubeconfig (default: that of the stack's config)")
	return c
}

// drift renders into memory, Secrets included, and compares.
func (o *renderOptions) drift(ctx context.Context, context string, dirs []string,
	progress func(done, of int)) (drift.Report, error) {
	o.Only, o.Secrets = render.Manifests, true
	files, _, err := o.render(ctx, dirs) // the notes are about the blueprint, which nobody changes here
	if err != nil {
		return drift.Report{}, err
	}
	objects, options, err := live.Read(files.Only(render.Manifests))
	if err != nil {
		return drift.Report{}, err
	}
	given, err := o.settings().config()
	if err != nil {
		return drift.Report{}, inputError{err}
	}
	project := projectOf(projectRoot(""))
	cfg, err := config.Read(ours(given, project), project, "", blueprintsKey)
	if err != nil {
		return drift.Report{}, inputError{err}
	}
	c, err := cluster.Open(cluster.Target{Context: cmp.Or(context, cfg.Context), Server: cfg.Server})
	if err != nil {
		return drift.Report{}, inputError{fmt.Errorf("%w; --context NAME chooses one for this run", err)}
	}
	return live.Look(ctx, c, objects, options, progress)
}

// counting shows on a terminal how far the comparison is; nil elsewhere.
func counting(w io.Writer) func(done, of int) {
	f, ok := w.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return func(done, of int) {
		fmt.Fprintf(w, "\r\x1b[Kcompared %d of %d objects", done, of)
		if done == of {
			fmt.Fprint(w, "\r\x1b[K")
		}
	}
}
