package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/github"
)

// bootstrapFlags are what a blueprint does not say of its repository.
type bootstrapFlags struct {
	branch    string
	reviewers []string
	variables map[string]string
	apply     bool
}

func githubBootstrapVerb(g *githubApp) *cobra.Command {
	var f bootstrapFlags
	c := &cobra.Command{
		Use:   "bootstrap [DIR]",
		Short: "Set a repository up: protection, environments, variables, code owners",
		Long: `Bootstrap shows how the repository differs from one in which a pull request is
checked and reviewed before it is merged, and only what was merged is deployed; with
--apply it makes it so. It asks no less of a branch than is asked already, and run
again it finds nothing to do.

An environment of the blueprint in which people approve is deployed to only once the
reviewers agree. Variables are for workflows and no secrets: deployments sign in to
AWS by OpenID Connect as ASHLAR_AWS_ROLE, with no key.`,
		Example: `  ashlar github bootstrap --repo acme/shop --reviewer team/risk
  ashlar github bootstrap --repo acme/shop --reviewer ada --apply \
    --var AWS_REGION=eu-west-1 --var ASHLAR_AWS_ROLE=arn:aws:iam::1234:role/ci --var ASHLAR_DEPLOY=true`,
		Args: atMostDir,
		RunE: func(c *cobra.Command, args []string) error { return g.bootstrap(c.Context(), dirArg(args), f) },
	}
	c.Flags().StringVar(&f.branch, "branch", "main", "the branch that is deployed")
	c.Flags().StringArrayVar(&f.reviewers, "reviewer", nil, "a person, or team/TEAM, who reviews deployments; may be repeated")
	c.Flags().StringToStringVar(&f.variables, "var", nil, "NAME=VALUE: a variable of the workflows; may be repeated")
	c.Flags().BoolVar(&f.apply, "apply", false, "make it so")
	return c
}

func (g *githubApp) bootstrap(ctx context.Context, dir string, f bootstrapFlags) error {
	plans, err := blueprints.LoadAllDir(dir)
	if err != nil {
		return err
	}
	c, err := g.client()
	if err != nil {
		return err
	}
	steps, err := c.Differences(ctx, g.setup(dir, plans, f))
	if err != nil {
		return err
	}
	done := 0
	if f.apply {
		if done, err = c.Apply(ctx, steps); err != nil {
			return fmt.Errorf("%d of %s done: %w", done, counted(len(steps), "step"), err)
		}
	}
	if g.json() {
		return g.writeJSON(map[string]any{"steps": steps, "applied": f.apply})
	}
	for _, s := range steps {
		fmt.Fprintf(g.out, "%s\n  now   %s\n  want  %s\n", s.What, s.Now, s.Want)
	}
	switch {
	case len(steps) == 0:
		fmt.Fprintln(g.out, "the repository is set up: nothing to do")
	case f.apply:
		fmt.Fprintf(g.out, "%s done\n", counted(done, "step"))
	default:
		fmt.Fprintf(g.out, "%s to do; --apply does it\n", counted(len(steps), "step"))
	}
	return nil
}

// setup is what the blueprint asks of its repository.
func (g *githubApp) setup(dir string, plans map[string]*plan.Plan, f bootstrapFlags) github.Setup {
	s := github.Setup{Branch: f.branch, Checks: []string{"check", "data"}, Variables: f.variables}
	if executable(filepath.Join(dir, ".ci", "run")) {
		s.Checks = append(s.Checks, "tests")
	}
	for _, name := range slices.Sorted(maps.Keys(plans)) {
		e := github.Environment{Name: name}
		for _, m := range plans[name].Models {
			if m.Approval.Policy != "auto" {
				e.Reviewers = f.reviewers
			}
		}
		s.Environments = append(s.Environments, e)
		s.CodeOwners = codeOwners(orElse(g.repository, g.getenv("GITHUB_REPOSITORY")), plans[name].Owner)
	}
	return s
}
