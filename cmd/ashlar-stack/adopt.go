package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/cmd/rendering"
	"github.com/ashlar-dev/ashlar/stacks/aws"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/cluster"
	"github.com/ashlar-dev/ashlar/stacks/drift/live"
	"github.com/ashlar-dev/ashlar/stacks/render"
	"github.com/ashlar-dev/ashlar/stacks/standing"
)

// adoptVerb is what `ashlar adopt` runs: the CLI links neither Pulumi nor a Kubernetes
// client.
func adoptVerb(out io.Writer) *cobra.Command {
	o := &renderOptions{}
	var context string
	c := &cobra.Command{
		Use:   "adopt [DIR...]",
		Short: "List which of a stack's objects a cluster has, for `ashlar adopt`",
		Long: `Adopt asks the cluster that the stack's config names for each object that the program
describes, by its name, and writes what a preview with config adopt does about it as JSON.
It changes nothing.`,
		Example: `  ashlar adopt --config-file Pulumi.prod.yaml    # runs it`,
		RunE: func(c *cobra.Command, dirs []string) error {
			report, err := o.adopt(c.Context(), context, dirs)
			if err != nil {
				return err
			}
			return json.NewEncoder(out).Encode(report)
		},
	}
	o.Add(c.Flags(), rendering.Adopt)
	c.Flags().StringVar(&context, "context", "", "context of the kubeconfig (default: that of the stack's config)")
	return c
}

// adopt asks for every object that is rendered, Secrets included, of which the name alone is
// looked at.
func (o *renderOptions) adopt(ctx context.Context, context string, dirs []string) (*standing.Report, error) {
	o.Only, o.Secrets = render.Manifests, true
	p, err := o.prepare(dirs)
	if err != nil {
		return nil, err
	}
	if p.cfg.Layer == config.LayerFoundation {
		return nil, inputError{fmt.Errorf("a foundation takes over by itself what one of the same name has kept; adopt is for workloads")}
	}
	files, _, err := o.rendered(ctx, p) // the notes are about the blueprint
	if err != nil {
		return nil, err
	}
	objects, _, err := live.Read(files.Only(render.Manifests))
	if err != nil {
		return nil, err
	}
	c, err := cluster.Open(cluster.Target{Context: cmp.Or(context, p.cfg.Context), Server: p.cfg.Server})
	if err != nil {
		return nil, inputError{fmt.Errorf("%w; --context NAME chooses one for this run", err)}
	}
	report := &standing.Report{Context: c.Context(), Objects: []standing.Object{}}
	for _, one := range objects {
		report.Objects = append(report.Objects, standing.Object{Version: one.Version(), Kind: one.Kind(),
			Namespace: one.Namespace(), Name: one.Name()})
	}
	if err := standing.Look(ctx, c, report.Objects, aws.Imported); err != nil {
		return nil, fmt.Errorf("cluster %s: %w", c.Context(), err)
	}
	for _, problem := range parts(aws.Verify(ctx, p.in.plans, p.cfg, c)) {
		report.Problems = append(report.Problems, problem.Error())
	}
	return report, nil
}

// parts are the errors that were joined; none of nil.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the parts of this very error
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
