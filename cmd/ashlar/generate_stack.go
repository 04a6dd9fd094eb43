package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"
)

// stackProgram is the command that holds Pulumi. The CLI calls it rather than
// linking it, so that a newcomer's first build stays short.
const (
	stackProgram = "ashlar-stack"
	stackPackage = "github.com/ashlar-dev/ashlar/cmd/ashlar-stack"
)

func generateManifestsVerb(a *app) *cobra.Command {
	return a.renderVerb("manifests", "Write Kubernetes manifests for kubectl, kustomize, Argo CD and Flux",
		"  ashlar generate manifests --out deploy --env prod --provider kubernetes --config-file Pulumi.prod.yaml\n  kubectl apply --server-side -k deploy/manifests")
}

func generateTerraformVerb(a *app) *cobra.Command {
	return a.renderVerb("terraform", "Write the AWS resources as Terraform JSON",
		"  ashlar generate terraform --out infra --layer foundation --config-file Pulumi.foundation-prod.yaml\n  terraform -chdir=infra init && terraform -chdir=infra plan")
}

func generateAirflowVerb(a *app) *cobra.Command {
	return a.renderVerb("airflow", "Write an Airflow DAG file for each pipeline",
		"  ashlar generate airflow --out airflow --env prod --config-file Pulumi.prod.yaml --config pipelines=argo\n  ashlar generate airflow --out airflow --env prod --config-file Pulumi.prod.yaml --config pipelines=argo --start-date 2026-11-01")
}

// renderVerb passes everything on to `ashlar-stack render`, which has the flags.
func (a *app) renderVerb(kind, short, example string) *cobra.Command {
	return &cobra.Command{
		Use:                kind + " --out DIR [DIR...]",
		Short:              short,
		Long:               short + ".\nThe flags are those of `ashlar-stack render`, which does the work; --help shows them.",
		Example:            example,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			return a.stack(c.Context(), append([]string{"render", "--only", kind}, args...))
		},
	}
}

// stack runs ashlar-stack. What it says goes where the CLI's own words go.
func (a *app) stack(ctx context.Context, args []string) error {
	command, err := findStack(ctx)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, command[0], append(command[1:], args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.in, a.out, a.err
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err = cmd.Run()
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
