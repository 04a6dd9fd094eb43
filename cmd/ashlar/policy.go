package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/policies"
)

// policyVerbs is the list that a new `ashlar policy` verb is added to.
var policyVerbs = []func(*policyApp) *cobra.Command{policyListVerb, policyShowVerb, policyExplainVerb,
	policyCheckVerb, policyTestVerb}

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
		Long: `A policy is a rule written as a CUE constraint. The policy packs that ship with Ashlar
always apply. A repository's own packs are in its policies folder: they can add rules,
tighten the shipped ones, set their parameters, and grant exemptions that expire.`,
		Example: `  ashlar policy list
  ashlar policy show reliability/production-replicas
  ashlar policy explain reliability/production-replicas
  ashlar policy test policies`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	dirFlag(c.PersistentFlags(), &p.dir)
	c.PersistentFlags().StringArrayVar(&p.further, "policies", nil, "another folder of policy packs; can be repeated")
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
