package main

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/stacks/github"
	"github.com/ashlar-dev/ashlar/stacks/promote"
	"github.com/ashlar-dev/ashlar/stacks/revision"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// dirFlag is where a verb finds the blueprint.
func (m *modelApp) dirFlag(flags *pflag.FlagSet) {
	dirFlag(flags, &m.dir)
}

// registryFlags are where a verb finds the models.
func (m *modelApp) registryFlags(c *cobra.Command) {
	stateFlag(c.Flags(), &m.state)
	c.Flags().StringVar(&m.registry, "registry", "",
		"a cluster's registry, postgres://user@host:5432/name?search_path=SCHEMA (default: $ASHLAR_DATABASE, else the local stack's)")
}

func githubPromoteVerb(g *githubApp) *cobra.Command {
	m := &modelApp{app: g.app}
	var f promoteFlags
	var base string
	c := &cobra.Command{
		Use:   "promote NAME VERSION",
		Short: "Open a pull request that pins a version, with its evidence",
		Long: `Promote opens a pull request with the change that ashlar model promote makes, from a
new branch on top of the base, or updates the one that is open. Its description compares
the version with the one that is served. Run it in a work tree of the base branch. A
version that must not be served is refused.`,
		Example: `  ashlar github promote default-risk 3 --env prod
  ashlar github promote default-risk 3 --registry "postgres://ci@db:5432/ashlar?search_path=acme__prod" --base main`,
		RunE: func(c *cobra.Command, args []string) error {
			name, n, err := version(c, args)
			if err != nil {
				return err
			}
			if m.registry == "" && !c.Flags().Changed("dir") && !c.Flags().Changed("state") {
				m.registry = m.getenv("ASHLAR_DATABASE")
			}
			return g.promote(c.Context(), m, name, n, f, base)
		},
	}
	m.dirFlag(c.Flags())
	m.registryFlags(c)
	f.add(c)
	c.Flags().StringVar(&base, "base", "main", "the branch to merge into")
	return c
}

func (g *githubApp) promote(ctx context.Context, m *modelApp, name string, n int, f promoteFlags, base string) error {
	p, of, err := m.promotion(ctx, name, n, f.environment)
	if err != nil {
		return err
	}
	verdict, err := promote.Judge(p, of, g.now())
	if err != nil {
		return err
	}
	if !verdict.Servable() {
		return m.notPromoted(of, f, verdict)
	}
	proposal, err := g.proposal(ctx, m, of, base)
	if err != nil {
		return err
	}
	if f.dryRun && g.json() {
		return g.writeJSON(map[string]any{
			"title": proposal.Title, "body": proposal.Body, "base": proposal.Base, "branch": proposal.Branch,
			"files": slices.Sorted(maps.Keys(proposal.Files)),
		})
	}
	if f.dryRun {
		fmt.Fprintf(g.out, "%s\n\n%s\n%s\n", proposal.Title, proposal.Body,
			strings.Join(slices.Sorted(maps.Keys(proposal.Files)), "\n"))
		return nil
	}
	return g.done(ctx, "pull request", func(ctx context.Context, c *github.Client) (github.Outcome,
		error) {
		return c.Propose(ctx, proposal)
	})
}

// proposal is the pull request that promotes the version.
func (g *githubApp) proposal(ctx context.Context, m *modelApp, of govern.Promotion,
	base string) (github.Proposal, error) {
	w, err := promote.New(of)
	if err != nil {
		return github.Proposal{}, err
	}
	w.Dir = m.dir
	files, err := w.Files()
	if err != nil {
		return github.Proposal{}, err
	}
	r, err := revision.Open(ctx, m.dir, "HEAD")
	if err != nil {
		return github.Proposal{}, err
	}
	within, err := r.Within(m.dir)
	if err != nil {
		return github.Proposal{}, err
	}
	title := fmt.Sprintf("Serve %s version %d in %s", w.Model, w.Pin.Version, w.Environment)
	out := github.Proposal{
		Base: base, Branch: fmt.Sprintf("ashlar/promote-%s-%s-%d", w.Environment, w.Model, w.Pin.Version),
		Title: title, Message: title, Body: promotionText(of), Files: map[string][]byte{},
	}
	for name, text := range files {
		out.Files[path.Join(within, name)] = text
	}
	return out, nil
}

// promotionText tells reviewers what is promoted. Whatever people wrote is
// in code spans.
func promotionText(of govern.Promotion) string {
	var out strings.Builder
	v, code := of.Version, consequence.Code
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line("%s version %d, trained by %s on %s, is to serve in %s.\n", code(v.Model), v.Version, code(v.Author),
		code(v.TrainedAt.UTC().Format("2006-01-02 15:04")), code(of.Environment))
	before := map[string]float64{}
	if of.Before != nil {
		before = of.Before.Metrics
		line("It replaces version %d (%s).\n", of.Before.Version, code(plan.ShortDigest(of.Before.Model)))
	}
	line("| metric | version %d | served now |\n|---|---|---|", v.Version)
	for _, name := range slices.Sorted(maps.Keys(v.Metrics)) {
		was := "none"
		if old, ok := before[name]; ok {
			was = plan.Measured(old)
		}
		line("| %s | %s | %s |", code(name), plan.Measured(v.Metrics[name]), was)
	}
	line("\n| gate | measured | must be |\n|---|---|---|")
	for _, g := range v.Gates {
		value := "undefined"
		if g.Value != nil {
			value = plan.Measured(*g.Value)
		}
		line("| %s | %s | %s |", code(g.Name), value, code(g.Want))
	}
	line("")
	for _, d := range v.Decisions {
		line("- %s by %s on %s: %s", code(d.Verdict), code(d.By),
			d.At.UTC().Format("2006-01-02 15:04"), code(d.Comment))
	}
	line("- model %s\n- data %s of %s\n- plan %s", code(v.ModelDigest), code(v.Data.Digest),
		code(v.Data.Source), code(v.PlanDigest))
	for _, name := range slices.Sorted(maps.Keys(v.Candidate.Evidence)) {
		line("- %s report %s", code(name), code(v.Candidate.Evidence[name]))
	}
	line("\nMerging serves it; reverting the merge brings back what is served now.")
	return out.String()
}
