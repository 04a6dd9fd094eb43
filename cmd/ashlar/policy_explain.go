package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/policies"
)

func policyExplainVerb(p *policyApp) *cobra.Command {
	return &cobra.Command{
		Use:     "explain RULE",
		Example: "  ashlar policy explain reliability/production-replicas",
		Short:   "Explain how a rule applies to the blueprint: value, constraint, line, fix",
		RunE: func(_ *cobra.Command, args []string) error {
			r, set, err := p.rule("explain", args)
			if err != nil {
				return err
			}
			explained := []policies.Explained{}
			if r.About != policies.Resource && r.About != policies.Evidence {
				if explained, err = p.explain(r, set); err != nil {
					return err
				}
			}
			if p.json() {
				return p.writeJSON(map[string]any{"rule": shownRule(r), "explained": explained})
			}
			p.writeRule(r)
			fmt.Fprintln(p.out)
			switch r.About {
			case policies.Resource:
				fmt.Fprintln(p.out, "It is about resources: `ashlar policy check FILE` and `pulumi preview --policy-pack` check resources against it.")
			case policies.Evidence:
				fmt.Fprintln(p.out, "It is about evidence: the runtime checks a version against it when it is registered, promoted or served.")
			}
			p.writeExplained(r, explained)
			return nil
		},
	}
}

func (p *policyApp) explain(r *policies.Rule, set *policies.Set) ([]policies.Explained, error) {
	var loader blueprints.Loader
	loaded, err := loader.LoadDir(p.dir, "")
	if err != nil {
		return nil, err
	}
	out := []policies.Explained{}
	judge := set.Judge()
	for _, name := range slices.Sorted(maps.Keys(loaded)) {
		explained, err := judge.Explain(r, loaded[name].Plan, p.now())
		if err != nil {
			return nil, err
		}
		for _, e := range explained {
			for i, f := range e.Findings {
				e.Findings[i].File, e.Findings[i].Line, e.Findings[i].Col = loaded[name].Positions.Of(f.PlanPath...)
			}
		}
		out = append(out, explained...)
	}
	return out, nil
}

func (p *policyApp) writeExplained(r *policies.Rule, explained []policies.Explained) {
	colours := map[string]text.Color{"passes": text.FgGreen, "fails": text.FgRed, "does not apply": text.Faint}
	for _, e := range explained {
		fmt.Fprintf(p.out, "%s %s %s: %s", e.Environment, e.About, e.Subject,
			p.colour(p.out, colours[e.Verdict], e.Verdict))
		if e.Why != "" {
			fmt.Fprint(p.out, ", because "+e.Why)
		}
		fmt.Fprintln(p.out)
		for _, f := range e.Findings {
			fmt.Fprintf(p.out, "  %s\n", f)
			if f.Exempt != nil {
				fmt.Fprintf(p.out, "    exempt until %s: %s (%s)\n", f.Exempt.Expires, f.Exempt.Reason, f.Exempt.Owner)
			}
		}
		if e.Verdict == "fails" {
			fmt.Fprintf(p.out, "  fix: %s\n", r.Fix)
		}
	}
}
