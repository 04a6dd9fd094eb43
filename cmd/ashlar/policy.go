package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/policies"
)

// policyVerbs is the list that a new `ashlar policy` verb is added to.
var policyVerbs = []func(*policyApp) *cobra.Command{policyListVerb, policyShowVerb, policyExplainVerb, policyCheckVerb, policyTestVerb}

// policyApp is what the verbs under `ashlar policy` share: which rules apply.
type policyApp struct {
	*app
	dir     string
	further []string
}

func policyVerb(a *app) *cobra.Command {
	p := &policyApp{app: a}
	c := &cobra.Command{
		Use:   "policy",
		Short: "List, show, explain and test policies",
		Long: `A policy is a rule written as a CUE constraint. The packs that ship with Ashlar
apply everywhere; a repository's own are in its policies folder, where they may
add rules, tighten ours, set what ours leave open, and exempt by name until a day.`,
		Example: `  ashlar policy list
  ashlar policy show reliability/production-replicas
  ashlar policy explain reliability/production-replicas
  ashlar policy test policies`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVarP(&p.dir, "dir", "C", ".", "the blueprint's folder")
	c.PersistentFlags().StringArrayVar(&p.further, "policies", nil, "a further folder of policy packs; may be repeated")
	for _, verb := range policyVerbs {
		c.AddCommand(verb(p))
	}
	return c
}

// set are the rules that apply to the blueprint's folder.
func (p *policyApp) set() (*policies.Set, error) {
	library := policies.Library{Further: p.further}
	return library.For(p.dir)
}

// place is where a rule is written, or "" for rules that ship.
func (p *policyApp) place(r *policies.Rule) string {
	return filepath.ToSlash(r.File)
}
