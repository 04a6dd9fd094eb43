package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/github"
	"github.com/ashlar-dev/ashlar/templates/workflows"
)

// bootstrapFlags are what a blueprint does not say of its repository.
type bootstrapFlags struct {
	branch    string
	reviewers []string
	variables map[string]string
	apply     bool
}

// of returns the variables of a GitHub environment, or with "" those of the whole
// repository: ENVIRONMENT/NAME=VALUE and NAME=VALUE.
func (f bootstrapFlags) of(environment string) map[string]string {
	out := map[string]string{}
	for name, value := range f.variables {
		in, rest, qualified := strings.Cut(name, "/")
		switch {
		case !qualified && environment == "":
			out[name] = value
		case qualified && in == environment:
			out[rest] = value
		}
	}
	return out
}

// known refuses variables of environments that there are not.
func (f bootstrapFlags) known(s github.Setup) error {
	var names, problems []string
	for _, e := range s.Environments {
		names = append(names, e.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(f.variables)) {
		if in, _, qualified := strings.Cut(name, "/"); qualified && !slices.Contains(names, in) {
			problems = append(problems, fmt.Sprintf("--var %s: there is no environment %q; there are %s", name, in,
				strings.Join(names, ", ")))
		}
	}
	if len(problems) > 0 {
		return usageError(strings.Join(problems, "\n"))
	}
	return nil
}

func githubBootstrapVerb(g *githubApp) *cobra.Command {
	var f bootstrapFlags
	c := &cobra.Command{
		Use:   "bootstrap [DIR]",
		Short: "Set up a repository: branch protection, environments, variables, code owners",
		Long: `Bootstrap compares the repository's settings with those that the workflows expect:
pull requests are checked and reviewed before they are merged, and only merged commits
are deployed. It prints the differences; --apply changes the settings. Existing branch
protection is never weakened.

If an environment of the blueprint requires approval by people, deployments to it wait
for the reviewers. With a Pulumi.yaml there are more environments, all limited to the
protected branch: "image", which pushes the runtime image, and ENVIRONMENT-preview,
which looks for drift. Each has its own AWS role.

Variables are not secret: jobs sign in to AWS by OpenID Connect with the
ASHLAR_AWS_ROLE of their environment, without keys. ENVIRONMENT/NAME sets a variable of
one GitHub environment. Secrets, such as PULUMI_CONFIG_PASSPHRASE, are not set here: use
gh secret set NAME --env ENVIRONMENT.`,
		Example: `  ashlar github bootstrap --repo acme/shop --reviewer team/risk
  ashlar github bootstrap --repo acme/shop --reviewer ada --apply \
    --var AWS_REGION=eu-west-1 --var ASHLAR_DEPLOY=true \
    --var prod/ASHLAR_AWS_ROLE="$(pulumi stack output ciDeployRoleArn)"`,
		Args: atMostDir,
		RunE: func(c *cobra.Command, args []string) error { return g.bootstrap(c.Context(), dirArg(args), f) },
	}
	c.Flags().StringVar(&f.branch, "branch", "main", "the branch that is deployed")
	c.Flags().StringArrayVar(&f.reviewers, "reviewer", nil,
		"a user, or team/TEAM, who reviews deployments; can be repeated")
	c.Flags().StringToStringVar(&f.variables, "var", nil,
		"NAME=VALUE or ENVIRONMENT/NAME=VALUE: a variable for the workflows; can be repeated")
	c.Flags().BoolVar(&f.apply, "apply", false, "change the settings")
	return c
}

func (g *githubApp) bootstrap(ctx context.Context, dir string, f bootstrapFlags) error {
	plans, err := blueprints.LoadAllDir(dir)
	if err != nil {
		return err
	}
	delete(plans, plan.PreviewOverlay) // pull requests are of no environment that is deployed to
	c, err := g.client()
	if err != nil {
		return err
	}
	setup := g.setup(dir, plans, f)
	if err := f.known(setup); err != nil {
		return err
	}
	steps, err := c.Differences(ctx, setup)
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
	s := github.Setup{Branch: f.branch, Checks: []string{"check", "data"}, Variables: f.of("")}
	pulumi := isFile(filepath.Join(dir, "Pulumi.yaml"))
	if pulumi {
		image := workflows.Image.Environment("")
		s.Environments = append(s.Environments, github.Environment{Name: image, Variables: f.of(image)})
	}
	if executable(filepath.Join(dir, ".ci", "run")) {
		s.Checks = append(s.Checks, "tests")
	}
	for _, name := range slices.Sorted(maps.Keys(plans)) {
		e := github.Environment{Name: workflows.Deploy.Environment(name),
			Variables: f.of(workflows.Deploy.Environment(name))}
		for _, m := range plans[name].Models {
			if m.Approval.Policy != "auto" {
				e.Reviewers = f.reviewers
			}
		}
		s.Environments = append(s.Environments, e)
		if pulumi {
			preview := workflows.Preview.Environment(name)
			s.Environments = append(s.Environments, github.Environment{Name: preview, Variables: f.of(preview)})
		}
		s.CodeOwners = codeOwners(orElse(g.repository, g.getenv("GITHUB_REPOSITORY")), plans[name].Owner)
	}
	return s
}
