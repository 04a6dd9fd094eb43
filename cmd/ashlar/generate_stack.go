package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ashlar-dev/ashlar/cmd/rendering"
)

// stackProgram is the command that holds Pulumi. The CLI calls it rather than
// linking it, so that a newcomer's first build stays short.
const (
	stackProgram = "ashlar-stack"
	stackPackage = "github.com/ashlar-dev/ashlar/cmd/ashlar-stack"
)

func generateManifestsVerb(a *app) *cobra.Command {
	return a.renderVerb("manifests", "Write Kubernetes manifests for kubectl, kustomize, Argo CD and Flux",
		`Manifests writes the Kubernetes objects that `+"`pulumi up`"+` would create. Under --out:

  manifests/          the objects, with a kustomization.yaml and Argo CD sync waves
  crds/               the custom resource definitions, to apply first
  secrets/            the Secrets, only with --secrets; do not commit them
  helmfile.yaml       the add-ons of a foundation

Values that only AWS knows are ${variables}; Flux or --values substitutes them.`,
		`  ashlar generate manifests --out deploy --env prod --provider kubernetes --config-file Pulumi.prod.yaml
  kubectl apply --server-side -k deploy/manifests`)
}

func generateTerraformVerb(a *app) *cobra.Command {
	return a.renderVerb("terraform", "Write the AWS resources as Terraform JSON",
		`Terraform writes the AWS resources that `+"`pulumi up`"+` would create to main.tf.json under
--out. Values that only AWS knows are its outputs, by which the manifests name them.`,
		`  ashlar generate terraform --out infra --layer foundation --config-file Pulumi.foundation-prod.yaml
  terraform -chdir=infra init && terraform -chdir=infra plan`)
}

func generateAirflowVerb(a *app) *cobra.Command {
	const line = "  ashlar generate airflow --out airflow --env prod --config-file Pulumi.prod.yaml --config pipelines=argo"
	return a.renderVerb("airflow", "Write an Airflow DAG file for each pipeline",
		`Airflow writes a DAG file for each pipeline to dags/ under --out, with the same pods as
an Argo workflow has. The pods run on the cluster that the blueprint is deployed to with
pipelines argo. What Airflow does otherwise than the blueprint says is printed.`,
		line+"\n"+line+" --start-date 2026-11-01")
}

// renderVerb is a verb that `ashlar-stack render` carries out. It reads its arguments
// itself, to refuse what is wrong before Pulumi is looked for, and hands them on as they
// are. The common flags are not among them: what ashlar-stack prints has one form.
func (a *app) renderVerb(kind, short, long, example string) *cobra.Command {
	c := &cobra.Command{
		Use:   kind + " --out DIR [DIR...]",
		Short: short,
		Long: long + `

DIR are the blueprints' folders (default: every blueprint under the current folder).
The program ashlar-stack does the work: it must be beside ashlar or on PATH, or Go and
the source must be here.`,
		Example:            example,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			switch err := checkRender(c, kind, args); {
			case errors.Is(err, pflag.ErrHelp):
				return c.Help()
			case err != nil:
				return err
			}
			return a.stack(c.Context(), append([]string{"render", "--only", kind}, args...))
		},
	}
	new(rendering.Flags).Add(c.Flags(), kind) // to be shown
	c.SetUsageTemplate(renderUsage)
	return c
}

// renderUsage is cobra's usage without the flags of every verb.
const renderUsage = `Usage:
  {{.UseLine}}

Examples:
{{.Example}}

Flags:
{{.LocalNonPersistentFlags.FlagUsages | trimTrailingWhitespaces}}
`

// checkRender returns what is wrong with the arguments, pflag.ErrHelp where they ask
// for help.
func checkRender(c *cobra.Command, kind string, args []string) error {
	set := pflag.NewFlagSet(kind, pflag.ContinueOnError)
	set.Usage = func() {} // RunE shows it
	var f rendering.Flags
	f.Add(set, kind)
	switch err := set.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case err != nil:
		return wrongFlag(c, err)
	case f.Out == "":
		return usageError(fmt.Sprintf("%[1]s needs the folder to write to: --out DIR\nSee '%[1]s --help'.",
			c.CommandPath()))
	}
	return nil
}

// stack runs ashlar-stack. What it says goes where the CLI's own words go.
func (a *app) stack(ctx context.Context, args []string) error {
	command, err := findStack(ctx)
	if err != nil {
		return err
	}
	return a.runStack(ctx, command, args, a.out)
}

// runStack runs the command, whose standard output goes to out.
func (a *app) runStack(ctx context.Context, command, args []string, out io.Writer) error {
	cmd := exec.CommandContext(ctx, command[0], append(command[1:len(command):len(command)], args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, out, a.err
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err := cmd.Run()
	if errors.As(err, new(*exec.ExitError)) && ctx.Err() == nil {
		return silent{err}
	}
	return errors.Join(ctx.Err(), err)
}

// findStack returns the command: beside this one, on PATH, or run from source
// where this folder's module has it.
func findStack(ctx context.Context) ([]string, error) {
	if built := builtStack(); built != "" {
		return []string{built}, nil
	}
	if path, err := exec.LookPath("go"); err == nil &&
		exec.CommandContext(ctx, path, "list", stackPackage).Run() == nil {
		return []string{path, "run", stackPackage}, nil
	}
	return nil, fmt.Errorf("%s is neither beside ashlar nor on PATH: it holds the Pulumi program and is built by itself; run `go install %s@latest`, or `make stack` in a checkout", stackProgram, stackPackage)
}

// builtStack is the command where it is built: beside this one or on PATH.
func builtStack() string {
	if self, err := os.Executable(); err == nil {
		if beside := filepath.Join(filepath.Dir(self), stackProgram); executable(beside) {
			return beside
		}
	}
	path, err := exec.LookPath(stackProgram)
	if err != nil {
		return ""
	}
	return path
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
