package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/policies/report"
	"github.com/ashlar-dev/ashlar/stacks/github"
)

func githubCheckVerb(g *githubApp) *cobra.Command {
	var sha, name string
	var f checkFlags
	c := &cobra.Command{
		Use:   "check [DIR...]",
		Short: "Check blueprints and publish the result as a check run of a commit",
		Long: `Check does the same as ashlar check and publishes the result as a check run with
annotations on the blueprint's lines. Paths are relative to the current folder, so run
it in the repository's root. Exit code 1 means that a mandatory policy failed.`,
		Example: `  ashlar github check --sha "$GITHUB_SHA"
  ashlar github check models/credit models/churn --sha "$HEAD"`,
		RunE: func(c *cobra.Command, args []string) error {
			if sha = orElse(sha, g.getenv("GITHUB_SHA")); sha == "" {
				return usageError("github check: name the commit with --sha")
			}
			if len(args) == 0 {
				args = []string{"."}
			}
			return g.check(c.Context(), args, f, sha, name)
		},
	}
	c.Flags().StringVar(&sha, "sha", "", "the commit (default: $GITHUB_SHA)")
	c.Flags().StringVar(&name, "name", "ashlar", "the check run's name")
	c.Flags().StringVarP(&f.environment, "env", "e", "", "check only this environment")
	f.addRegistry(c)
	return c
}

func (g *githubApp) check(ctx context.Context, dirs []string, f checkFlags, sha, name string) error {
	checks := checker{only: f.environment, named: true, now: g.now(), compare: g.records(f.registry).comparing(ctx)}
	o, err := checks.all(ctx, dirs)
	if err != nil {
		return err
	}
	verdict := checkRun(o)
	verdict.Name, verdict.Commit = name, sha
	err = g.done(ctx, "check run", func(ctx context.Context, c *github.Client) (github.Outcome,
		error) {
		return c.Check(ctx, verdict)
	})
	switch {
	case err != nil:
		return err
	case len(o.problems) > 0:
		return silent{o.problems}
	case verdict.Conclusion == "failure":
		return silent{errFindings}
	}
	return nil
}

// checkRun is the outcome as a check run.
func checkRun(o outcome) github.Check {
	findings := report.Merge(o.findings)
	counts := report.Count(findings)
	k := github.Check{Conclusion: "success", Title: "The blueprint passes"}
	switch {
	case len(o.problems) > 0:
		k.Conclusion, k.Title = "failure", counted(len(o.problems), "problem")
	case counts.Mandatory > 0:
		k.Conclusion, k.Title = "failure", counted(counts.Mandatory, "finding")+" refused"
	case len(findings) > 0:
		k.Conclusion, k.Title = "neutral", counted(len(findings), "finding")+", none refused"
	}
	var summary strings.Builder
	for _, c := range o.checked {
		fmt.Fprintf(&summary, "- plan of `%s` (`%s`): `%s`\n", c.Environment, filepath.ToSlash(c.Dir), c.Digest)
	}
	k.Summary = orElse(summary.String(), "The blueprint cannot be loaded.")
	for _, p := range o.problems {
		k.Annotations = append(k.Annotations, github.Annotation{
			Path: filepath.ToSlash(p.File), Line: p.Line, Level: "failure", Title: "blueprint",
			Message: strings.TrimSuffix(p.Message+"; "+p.Hint, "; "),
		})
	}
	for _, f := range findings {
		if f.Exempt == nil && f.File != "" {
			k.Annotations = append(k.Annotations, github.Annotation{
				Path: filepath.ToSlash(f.File), Line: f.Line, Level: annotationLevel(f), Title: f.Policy,
				Message: f.Message + "\n" + f.Reason + "\nFix: " + f.Fix,
			})
		}
	}
	return k
}

func annotationLevel(f policies.Finding) string {
	switch {
	case f.Refuses():
		return "failure"
	case f.Undecided:
		return "notice"
	}
	return "warning"
}
