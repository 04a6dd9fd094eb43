package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/cmd/rendering"
	"github.com/ashlar-dev/ashlar/stacks/standing"
)

// adoptFlags say of which stack objects are looked for, and where.
type adoptFlags struct {
	rendering.Flags
	context string
	write   bool
}

func adoptVerb(a *app) *cobra.Command {
	f := &adoptFlags{}
	c := &cobra.Command{
		Use:   "adopt [DIR...]",
		Short: "Show which objects of a stack a cluster has already, and have Pulumi import them",
		Long: `Adopt is for a cluster that has a stack's objects while the stack's state knows nothing of
them: somebody applied the manifests, or the state is lost. It renders the Kubernetes
objects as ` + "`ashlar generate manifests`" + ` does, asks the cluster for each by its name, and shows
what a stack with config adopt does about it:

  import   it stands: Pulumi takes it into its state, and updates what differs
  apply    it stands and is of a kind that cannot be imported (Service, Job): it is applied
           to what stands
  create   it is not there

What keeps the stack from being deployed there, such as a namespace that no stack or
another one manages, is listed with the command that puts it right; the exit code is then 1.
The cluster is not changed, and no content of an object is read.

With --write, and if anything stands, config adopt is set to true in the file of
--config-file. The imports happen in the next pulumi up; what the state has already is not
imported again. Take the key out afterwards.

DIR are the blueprints' folders (default: every blueprint under the current folder). The
cluster is the one that the stack's config names by context or server, or --context. The
program ashlar-stack does the work: it must be beside ashlar or on PATH, or Go and the
source must be here.`,
		Example: `  ashlar adopt --config-file Pulumi.prod.yaml
  ashlar adopt --config-file Pulumi.prod.yaml --context prod --write
  pulumi preview --stack prod && pulumi up --stack prod && pulumi config rm adopt --stack prod`,
		RunE: func(c *cobra.Command, dirs []string) error { return a.adopt(c.Context(), f, dirs) },
	}
	flags := c.Flags()
	f.Add(flags, rendering.Adopt)
	flags.StringVar(&f.context, "context", "", "context of the kubeconfig (default: that of the stack's config)")
	flags.BoolVar(&f.write, "write", false, "set adopt to true in the file of --config-file, if anything stands")
	return c
}

// adopt looks, writes where that was asked for, and prints.
func (a *app) adopt(ctx context.Context, f *adoptFlags, dirs []string) error {
	if f.write && f.File == "" {
		return usageError("--write changes a stack's config: name it by --config-file, such as Pulumi.prod.yaml")
	}
	found, err := a.standing(ctx, f, dirs)
	if err != nil {
		return err
	}
	wrote := ""
	if f.write && found.Stands() {
		if err := adoptIn(f.File); err != nil {
			return fmt.Errorf("--config-file %s: %w", f.File, err)
		}
		wrote = f.File
	}
	if err := a.printStanding(found, wrote); err != nil {
		return err
	}
	if len(found.Problems) > 0 {
		return silent{errFindings}
	}
	return nil
}

// standing has ashlar-stack ask the cluster: it holds the Pulumi program and the
// Kubernetes client.
func (a *app) standing(ctx context.Context, f *adoptFlags, dirs []string) (standing.Report, error) {
	args := append([]string{"adopt"}, f.Args()...)
	if f.context != "" {
		args = append(args, "--context", f.context)
	}
	var said bounded
	asked := *a
	asked.in, asked.out = strings.NewReader(""), &said
	if err := asked.stack(ctx, append(args, dirs...)); err != nil {
		return standing.Report{}, err
	}
	var found standing.Report
	if err := json.Unmarshal(said.Bytes(), &found); err != nil {
		return standing.Report{}, fmt.Errorf("%s adopt: no report; is it of the same version as ashlar? %w",
			stackProgram, err)
	}
	return found, nil
}

// maxStackConfig bounds a stack's config, in bytes.
const maxStackConfig = 1 << 20

// adoptIn sets adopt in a stack's config, whole or not at all.
func adoptIn(file string) error {
	text, err := plan.ReadFile(file, maxStackConfig)
	if err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	changed, err := standing.Adopting(text)
	if err != nil || bytes.Equal(changed, text) {
		return err
	}
	return renameio.WriteFile(file, changed, info.Mode().Perm())
}

// printStanding writes the report, and what comes next.
func (a *app) printStanding(found standing.Report, wrote string) error {
	if a.json() {
		return a.writeJSON(struct {
			standing.Report
			Written string `json:"written,omitempty"`
		}{found, wrote})
	}
	var rows [][]string
	for _, o := range found.Objects {
		rows = append(rows, []string{o.Action, o.Version, o.String()})
	}
	a.table([]string{"action", "version", "object"}, rows)
	for _, problem := range found.Problems {
		fmt.Fprintln(a.out, "problem:", problem)
	}
	fmt.Fprintf(a.out, "\n%s in %s: %d to import, %d to apply, %d to create\n", counted(len(found.Objects), "object"),
		found.Context, found.Count(standing.Import), found.Count(standing.Apply), found.Count(standing.Create))
	switch {
	case !found.Stands():
		fmt.Fprintln(a.out, "Nothing stands: `pulumi up` creates all of it.")
	case wrote != "":
		fmt.Fprintf(a.out, "adopt is true in %s. Next: `pulumi preview`, `pulumi up`, and `pulumi config rm adopt`.\n", wrote)
	default:
		fmt.Fprintln(a.out, "To import them: --write, or `pulumi config set adopt true`.")
	}
	return nil
}
