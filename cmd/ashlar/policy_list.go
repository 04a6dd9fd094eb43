package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/policies"
)

// listedRule is a rule in a list, for machines.
type listedRule struct {
	ID     string  `json:"id"`
	Level  string  `json:"level"`
	About  string  `json:"about"`
	Title  string  `json:"title"`
	Digest string  `json:"digest"`
	Points []point `json:"points"`
}

func policyListVerb(p *policyApp) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Example: "  ashlar policy list --output json",
		Short:   "List the rules that apply, and where each is enforced",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			set, err := p.set()
			if err != nil {
				return err
			}
			listed := []listedRule{}
			var rows [][]string
			for _, r := range set.Rules() {
				points := pointsOf(r)
				listed = append(listed, listedRule{ID: r.ID, Level: string(r.Level), About: string(r.About),
					Title: r.Title, Digest: r.Digest, Points: points})
				rows = append(rows, []string{r.ID, string(r.Level), string(r.About),
					strings.Join(enforced(points), " "), r.Title})
			}
			if p.json() {
				return p.writeJSON(map[string]any{"packs": set.Packs(), "rules": listed})
			}
			p.table([]string{"RULE", "LEVEL", "ABOUT", "ENFORCED AT", "TITLE"}, rows)
			return nil
		},
	}
}

func policyShowVerb(p *policyApp) *cobra.Command {
	return &cobra.Command{
		Use:     "show RULE",
		Example: "  ashlar policy show reliability/production-replicas",
		Short:   "Show a rule: its constraint, reason, enforcement points and digest",
		RunE: func(_ *cobra.Command, args []string) error {
			r, _, err := p.rule("show", args)
			if err != nil {
				return err
			}
			if p.json() {
				return p.writeJSON(shownRule(r))
			}
			p.writeRule(r)
			return nil
		},
	}
}

// rule is the one that the first argument names.
func (p *policyApp) rule(verb string, args []string) (*policies.Rule, *policies.Set, error) {
	if len(args) != 1 {
		return nil, nil, usageError(fmt.Sprintf("policy %s takes a rule, such as: ashlar policy %s reliability/production-replicas", verb, verb))
	}
	set, err := p.set()
	if err != nil {
		return nil, nil, err
	}
	r, err := set.Rule(args[0])
	return r, set, err
}

func shownRule(r *policies.Rule) map[string]any {
	return map[string]any{
		"id": r.ID, "title": r.Title, "level": r.Level, "about": r.About, "match": r.Match, "require": r.Require,
		"reason": r.Reason, "fix": r.Fix, "references": r.References, "digest": r.Digest, "points": pointsOf(r),
		"file": r.File, "line": r.Line, "tightened": r.Tightened, "only_cue": r.NotLowered,
	}
}

func (p *policyApp) writeRule(r *policies.Rule) {
	fmt.Fprintf(p.out, "%s: %s\n\n", r.ID, r.Title)
	row := func(name, text string) {
		if text = strings.ReplaceAll(strings.TrimSpace(text), "\t", "    "); text != "" {
			fmt.Fprintf(p.out, "  %-11s %s\n", name, strings.ReplaceAll(text, "\n", "\n              "))
		}
	}
	row("level", string(r.Level))
	row("about", string(r.About))
	row("match", r.Match)
	row("require", strings.Join(r.Require, "\n"))
	row("reason", r.Reason)
	row("fix", r.Fix)
	for _, one := range pointsOf(r) {
		if one.Enforced {
			row("enforced at", one.Name)
			continue
		}
		row("not at", one.Name+": "+one.Why)
	}
	row("tightened", strings.Join(r.Tightened, "\n"))
	row("references", strings.Join(r.References, ", "))
	row("written in", fmt.Sprintf("%s:%d", p.place(r), r.Line))
	row("digest", r.Digest)
}
