package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// maxExport bounds the state of a stack that is read.
const maxExport = 64 << 20

func previewShowVerb(a *app) *cobra.Command {
	var at string
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "Describe a preview's stack for the comment on its pull request",
		Long: `Show reads what "pulumi stack export" wrote and prints Markdown: the namespaces of the
preview, how its endpoints are reached, and what they cost by the prices that ship.

--url is where endpoints can be reached, with NAMESPACE and ENDPOINT in place of their
names. Without it the command that forwards a port is shown.`,
		Example: `  pulumi stack export --stack pr-12 --file stack.json
  ashlar preview show stack.json --url https://ENDPOINT.NAMESPACE.example.com/`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("preview show takes what pulumi stack export wrote, such as: ashlar preview show stack.json")
			}
			if u, err := url.Parse(at); at != "" && (err != nil || u.Host == "" || strings.ContainsAny(at, "<> \n") ||
				u.Scheme != "https" && u.Scheme != "http") {
				return usageError(fmt.Sprintf("--url %q: write it as https://ENDPOINT.NAMESPACE.example.com/", at))
			}
			list, err := exported(args[0])
			if err != nil {
				return err
			}
			prices, err := consequence.ListPrices()
			if err != nil {
				return err
			}
			text := consequence.PreviewMarkdown(list, at, prices)
			if a.json() {
				return a.writeJSON(map[string]any{"markdown": text, "resources": len(list)})
			}
			_, err = fmt.Fprint(a.out, text)
			return err
		},
	}
	c.Flags().StringVar(&at, "url", "", "where endpoints can be reached, with NAMESPACE and ENDPOINT in place of their names")
	return c
}

// exported are the resources of a stack's state.
func exported(file string) ([]consequence.Resource, error) {
	text, err := plan.ReadFile(file, maxExport)
	if err != nil {
		return nil, err
	}
	var state struct {
		Deployment *struct {
			Resources []struct {
				URN, Type string
				Inputs    map[string]any
			}
		}
	}
	if err := plan.Unmarshal(text, &state); err != nil {
		return nil, usageError(fmt.Sprintf("%s: %v", file, err))
	}
	if state.Deployment == nil {
		return nil, usageError(fmt.Sprintf("%s: it has no deployment; name a file that `pulumi stack export` wrote",
			file))
	}
	var out []consequence.Resource
	for _, r := range state.Deployment.Resources {
		out = append(out, consequence.Resource{Type: r.Type, URN: r.URN, Properties: r.Inputs})
	}
	return out, nil
}
