package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/cmd/rendering"
	"github.com/ashlar-dev/ashlar/stacks/aws"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/record"
	"github.com/ashlar-dev/ashlar/stacks/render"
	"github.com/ashlar-dev/ashlar/templates/airflow"
)

// renderOptions are the verb's flags.
type renderOptions struct{ rendering.Flags }

// settings are where the verb takes config from.
func (o *renderOptions) settings() *settings {
	return &settings{file: o.File, set: o.Set, environment: o.Environment, layer: o.Layer, provider: o.Provider}
}

func renderVerb(out io.Writer) *cobra.Command {
	o := &renderOptions{}
	c := &cobra.Command{
		Use:   "render [DIR...]",
		Short: "Write what `pulumi up` would create as Kubernetes manifests and Terraform JSON",
		Long: `Render runs the Pulumi program without an engine and writes, under --out:

  manifests/          the Kubernetes objects, with a kustomization.yaml and Argo CD sync waves
  crds/               the custom resource definitions, to apply first
  secrets/            the Secrets, only with --secrets; do not commit them
  helmfile.yaml       the add-ons of a foundation
  main.tf.json        the AWS resources

DIR are the blueprints' folders (default: every blueprint under the current folder).
Values that only AWS knows are outputs in main.tf.json and ${variables} of the same
names in the manifests; Flux or --values substitutes them.`,
		Example: `  ashlar-stack render --out dist --env prod --provider kubernetes --config-file Pulumi.prod.yaml
  ashlar-stack render --out dist --layer foundation --config aws:region=eu-central-1
  terraform -chdir=dist output -json > values.json
  ashlar-stack render --out dist --config-file Pulumi.prod.yaml --values values.json`,
		RunE: func(c *cobra.Command, dirs []string) error {
			files, notes, err := o.render(c.Context(), dirs)
			if err != nil {
				return err
			}
			for _, note := range notes {
				fmt.Fprintln(c.ErrOrStderr(), "note:", note)
			}
			if err := render.Write(o.Out, o.Only, files); err != nil {
				return err
			}
			fmt.Fprintf(out, "%s in %s\n", plan.Counted(len(files.Only(o.Only)), "file"), o.Out)
			return nil
		},
	}
	o.Add(c.Flags(), render.Everything)
	_ = c.MarkFlagRequired("out")
	return c
}

// prepared is what a rendering is made of: blueprints and config that fit together.
type prepared struct {
	in            *loaded
	cfg           config.Config
	given, values map[string]string
	project       string
	start         time.Time
}

// prepare reads blueprints and config, and returns all that is wrong with them.
func (o *renderOptions) prepare(dirs []string) (*prepared, error) {
	given, errs := o.settings().config()
	if !slices.Contains(append(rendering.Kinds(), render.Everything), o.Only) {
		errs = errors.Join(errs, fmt.Errorf("--only %q: use manifests, terraform or airflow", o.Only))
	}
	if o.Start == "" {
		o.Start = time.Now().UTC().Format(time.DateOnly)
	}
	start, err := time.Parse(time.DateOnly, o.Start)
	if err != nil {
		errs = errors.Join(errs, fmt.Errorf("--start-date %q: write it as 2026-11-01", o.Start))
	}
	values, valuesErr := readValues(o.Values)
	errs = errors.Join(errs, valuesErr)
	project := projectOf(projectRoot(""))
	given = ours(given, project)
	cfg, err := config.Read(given, project, "", blueprintsKey)
	cfg.Stack = stackOf(o.File, cfg.Layer, cfg.Environment)
	errs = errors.Join(errs, err)
	if len(dirs) == 0 {
		dirs, err = chosen(".", given["ashlar:"+blueprintsKey])
		errs = errors.Join(errs, err)
	}
	in, err := load(dirs, cfg.Provider, cfg.Environment)
	if err := errors.Join(errs, err); err != nil {
		return nil, inputError{err}
	}
	cfg.Now = time.Now()
	cfg.Folders, cfg.Admission = in.folders, in.admission(cfg, cfg.Now)
	cfg.Describe = o.Only == render.Airflow
	if err := aws.Validate(in.plans, cfg); err != nil {
		return nil, inputError{err}
	}
	return &prepared{in, cfg, given, values, project, start}, nil
}

// render returns the files and what they do otherwise than the blueprints say, or
// all that is wrong with the input.
func (o *renderOptions) render(ctx context.Context, dirs []string) (files render.Files, notes []string, err error) {
	p, err := o.prepare(dirs)
	if err != nil {
		return nil, nil, err
	}
	return o.rendered(ctx, p)
}

// rendered is render of what was prepared.
func (o *renderOptions) rendered(ctx context.Context, p *prepared) (files render.Files, notes []string, err error) {
	in, cfg := p.in, p.cfg
	rec, err := record.Program(ctx, aws.Program(in.plans, cfg, nil), record.Run{
		Project: cmp.Or(p.project, "ashlar"), Stack: cfg.Stack, Config: p.given,
		References: map[string]map[string]string{cfg.Foundation: foundationValues(p.values)},
	})
	if err != nil {
		return nil, nil, err
	}
	as := render.Options{Region: cfg.Region, Values: p.values, Secrets: o.Secrets, Dir: o.Out}
	if cfg.Describe {
		files, err = dags(in.plans, cfg, rec, as, airflow.Options{StartDate: p.start})
		return files, airflowNotes(in.plans), err
	}
	files, err = render.All(rec, as)
	if err != nil {
		return nil, nil, err
	}
	return files, append(aws.Notes(in.plans, cfg), o.withheld(files)...), nil
}

// withheld takes the Secrets out of the files where nobody asked for them, and says
// which pods will look for.
func (o *renderOptions) withheld(files render.Files) []string {
	if o.Secrets || o.Only == render.Terraform {
		return nil
	}
	var notes []string
	for _, name := range files.TakeSecrets() {
		notes = append(notes, "Secret "+name+
			" is not written: add --secrets, or let External Secrets or Sealed Secrets make it")
	}
	return notes
}

// foundationValues are what the foundation exports: known, or variables.
func foundationValues(values map[string]string) map[string]string {
	out := map[string]string{}
	for _, name := range aws.FoundationOutputs() {
		out[name] = record.Variable(name)
		if known, ok := values[render.Variable(name)]; ok {
			out[name] = known
		}
	}
	return out
}
