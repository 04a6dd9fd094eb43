package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/stacks/github"
)

// maxBody bounds what is read of a comment: far more than GitHub takes.
const maxBody = 16 << 20

func githubCommentVerb(g *githubApp) *cobra.Command {
	var pull int
	var key string
	c := &cobra.Command{
		Use:   "comment [FILE]",
		Short: "Create or update one comment on a pull request",
		Long: `Comment reads Markdown from FILE or standard input, such as the output of ashlar plan
--base, and creates or updates the pull request's comment with this key. If the input is
empty, the comment is deleted.`,
		Example: `  ashlar plan --base origin/main --output markdown | ashlar github comment --pr 12
  ashlar github comment ashlar-plan.md`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := g.pullRequest(pull)
			if err != nil {
				return err
			}
			body, err := g.read(args)
			if err != nil {
				return err
			}
			return g.done(c.Context(), "comment", func(ctx context.Context, c *github.Client) (github.Outcome, error) {
				return c.Comment(ctx, n, github.Sticky{Key: key, Body: string(body)})
			})
		},
	}
	c.Flags().IntVar(&pull, "pr", 0, "the pull request's number (default: the workflow's)")
	c.Flags().StringVar(&key, "key", "plan", "tells several comments of a pull request apart")
	return c
}

// read reads the named file, or standard input.
func (g *githubApp) read(args []string) ([]byte, error) {
	in, name := g.in, "standard input"
	if len(args) > 0 && args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // only read
		in, name = f, args[0]
	}
	text, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	if err == nil && len(text) > maxBody {
		err = fmt.Errorf("%s: larger than %d bytes", name, maxBody)
	}
	return text, err
}

func githubIssueVerb(g *githubApp) *cobra.Command {
	var title string
	c := &cobra.Command{
		Use:     "issue [FILE]",
		Short:   "Create or update one open issue with a given title",
		Example: `  pulumi preview --diff | ashlar github issue --title "Infrastructure of prod has drifted"`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if title == "" {
				return usageError("github issue: name it with --title")
			}
			body, err := g.read(args)
			if err != nil {
				return err
			}
			return g.done(c.Context(), "issue", func(ctx context.Context, c *github.Client) (github.Outcome, error) {
				return c.Issue(ctx, title, string(body))
			})
		},
	}
	c.Flags().StringVar(&title, "title", "", "the issue's title, by which it is found")
	return c
}

func githubDispatchVerb(g *githubApp) *cobra.Command {
	var environment, workflow, branch string
	c := &cobra.Command{
		Use:     "dispatch",
		Short:   "Start the repository's retraining workflow",
		Example: "  ashlar github dispatch --env prod",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return g.done(c.Context(), "retraining",
				func(ctx context.Context, c *github.Client) (github.Outcome, error) {
					return github.Outcome{Action: "asked for"}, c.Retrain(ctx, workflow, branch, environment)
				})
		},
	}
	c.Flags().StringVarP(&environment, "env", "e", "prod", "the environment to train for")
	c.Flags().StringVar(&workflow, "workflow", "ashlar-retrain.yml", "the workflow's file")
	c.Flags().StringVar(&branch, "branch", "main", "the branch to train on")
	return c
}
