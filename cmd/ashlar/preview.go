package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// previewFlags say where previews are looked for: on this machine, or, where any of the
// others is set, in what a cluster's have left.
type previewFlags struct {
	dir, state, name, store, registry, context string
}

func previewVerb(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "preview",
		Short: "List and remove the previews of pull requests",
		Long: `Preview manages what the previews of pull requests leave behind. The preview of pull
request 12 is the environment pr-12: the blueprint with its overlay "preview". On this
machine it runs by "ashlar up --env pr-12"; on a cluster it is a stack of its own.`,
		Example: "  ashlar preview list\n  ashlar preview remove 12",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(previewListVerb(a), previewRemoveVerb(a), previewShowVerb(a))
	return c
}

func (f *previewFlags) add(flags *pflag.FlagSet) {
	dirFlag(flags, &f.dir)
	stateFlag(flags, &f.state)
	flags.StringVar(&f.name, "name", "",
		"the name that a cluster's previews have before them: config name of their stacks")
	flags.StringVar(&f.store, "store", "", "the object store of a cluster's previews, such as s3://bucket/prefix")
	flags.StringVar(&f.registry, "registry", "",
		"the PostgreSQL of a cluster's previews, such as postgres://user@host/name (default with --name: $ASHLAR_DATABASE)")
	flags.StringVar(&f.context, "context", "",
		"the kubeconfig's context of the cluster whose namespaces are looked at, by kubectl")
}

// places are where previews are looked for.
func (f *previewFlags) places(a *app) ([]previewPlace, error) {
	if f.name == "" {
		if f.store != "" || f.registry != "" || f.context != "" {
			return nil, usageError("whose previews? Add --name NAME: config name of the previews' stacks")
		}
		return []previewPlace{localPreviews{f.dir, f.state}}, nil
	}
	if f.registry == "" {
		f.registry = a.getenv("ASHLAR_DATABASE")
	}
	var out []previewPlace
	if f.context != "" {
		out = append(out, previewNamespaces{f.context, f.name})
	}
	if f.store != "" {
		out = append(out, previewStores{f.store, f.name})
	}
	if f.registry != "" {
		out = append(out, previewSchemas{a, f.registry, f.name})
	}
	if len(out) == 0 {
		return nil, usageError("--name is about a cluster's previews: name what they were in by --store, --registry or --context")
	}
	return out, nil
}

func previewListVerb(a *app) *cobra.Command {
	var f previewFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List the previews on this machine, or what those of a cluster have left",
		Long: `List shows the previews whose state is on this machine. With --name it shows what the
previews of a cluster have in its object store, its PostgreSQL and its namespaces, and
which Secrets their pods wait for.`,
		Example: `  ashlar preview list
  ashlar preview list --name acme-credit --store s3://models?region=eu-central-1`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			places, err := f.places(a)
			if err != nil {
				return err
			}
			all := []trace{}
			for _, p := range places {
				found, err := p.find(c.Context(), 0)
				if err != nil {
					return err
				}
				all = append(all, found...)
				if spaces, ok := p.(previewNamespaces); ok {
					lacks, err := spaces.missing(c.Context(), found)
					if err != nil { // who may see namespaces need not see what is in them
						fmt.Fprintf(a.err, "ashlar: whether Secrets are missing is not known: %v\n", err)
					}
					all = append(all, lacks...)
				}
			}
			if a.json() {
				return a.writeJSON(all)
			}
			for _, t := range all {
				fmt.Fprintf(a.out, "%s  %s\n", plan.PreviewEnvironment(t.Preview), t)
			}
			if len(all) == 0 {
				fmt.Fprintln(a.out, "there are no previews")
			}
			return nil
		},
	}
	f.add(c.Flags())
	return c
}

func previewRemoveVerb(a *app) *cobra.Command {
	var f previewFlags
	c := &cobra.Command{
		Use:   "remove NUMBER",
		Short: "Delete all that the preview of a pull request has left, and prove it",
		Long: `Remove deletes the state of a preview on this machine. With --name it deletes what the
preview of a cluster has left after its stack was destroyed: every object below
NAME/pr-NUMBER/ in the store, and the schema and the users of its registry. Namespaces
are only looked at, for the stack removes them.

Afterwards it looks again. Exit code 1 means that something is left, which it lists.
Removing what is not there is no error.`,
		Example: `  ashlar preview remove 12
  ashlar preview remove 12 --name acme-credit --store s3://models?region=eu-central-1 \
    --registry "$DATABASE_URL" --context staging`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("preview remove takes the number of a pull request, such as: ashlar preview remove 12")
			}
			number, err := strconv.Atoi(args[0])
			if _, ok := plan.PreviewNumber(plan.PreviewPrefix + args[0]); err != nil || !ok {
				return usageError(fmt.Sprintf("%q is not the number of a pull request", args[0]))
			}
			places, err := f.places(a)
			if err != nil {
				return err
			}
			return a.removePreview(c.Context(), number, places)
		},
	}
	f.add(c.Flags())
	return c
}
