package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/github"
)

// githubVerbs is the list that a new `ashlar github` verb is added to.
var githubVerbs = []func(*githubApp) *cobra.Command{
	githubCommentVerb, githubCheckVerb, githubBootstrapVerb, githubPromoteVerb, githubApprovalsVerb,
	githubDispatchVerb, githubIssueVerb,
}

// githubApp is what the verbs under `ashlar github` share.
type githubApp struct {
	*app
	repository, api string
}

func githubVerb(a *app) *cobra.Command {
	g := &githubApp{app: a}
	c := &cobra.Command{
		Use:   "github",
		Short: "Comment on pull requests, check commits, promote models and set up a repository on GitHub",
		Long: `Github works with a repository on github.com or on a GitHub Enterprise server. In a
workflow it is found by GITHUB_REPOSITORY and GITHUB_API_URL, elsewhere by --repo and
--api.

It authenticates with GITHUB_TOKEN, or as a GitHub App with ASHLAR_GITHUB_APP_ID,
ASHLAR_GITHUB_INSTALLATION_ID and ASHLAR_GITHUB_APP_KEY, the path of its private key.
Each command needs these permissions:

  comment    pull-requests: write
  check      checks: write
  issue      issues: write
  promote    contents: write, pull-requests: write
  dispatch   actions: write
  approvals  pull-requests: read (and members: read with --team)
  bootstrap  administration: write, environments: write, variables: write, contents: write

All commands are idempotent: what is up to date already is not changed.`,
		Example: `  ashlar plan --base origin/main --output markdown | ashlar github comment --pr 12
  ashlar github check --sha "$GITHUB_SHA"
  ashlar github bootstrap --repo acme/shop
  ashlar github promote default-risk 3 --env prod`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	flags := c.PersistentFlags()
	flags.StringVar(&g.repository, "repo", "", "owner/name (default: $GITHUB_REPOSITORY)")
	flags.StringVar(&g.api, "api", "", "base URL of the API (default: $GITHUB_API_URL, else "+github.DefaultAPI+")")
	for _, verb := range githubVerbs {
		c.AddCommand(verb(g))
	}
	return c
}

// client signs in.
func (g *githubApp) client() (*github.Client, error) {
	cfg := github.Config{
		Repository: orElse(g.repository, g.getenv("GITHUB_REPOSITORY")), API: orElse(g.api, g.getenv("GITHUB_API_URL")),
		Token: orElse(g.getenv("GITHUB_TOKEN"), g.getenv("GH_TOKEN")), Now: g.now,
		Notice: func(line string) { fmt.Fprintln(g.err, "ashlar: "+line) },
	}
	if id := g.getenv("ASHLAR_GITHUB_APP_ID"); id != "" {
		app, err := g.appOf(id)
		if err != nil {
			return nil, err
		}
		cfg.App = app
	}
	c, err := github.New(cfg)
	if err != nil {
		return nil, usageError("github: " + err.Error())
	}
	return c, nil
}

// What is read of an App's key, and of an event: GitHub sends up to 25 MB.
const (
	maxKey   = 64 << 10
	maxEvent = 32 << 20
)

func (g *githubApp) appOf(id string) (*github.App, error) {
	number, err1 := strconv.ParseInt(id, 10, 64)
	installation, err2 := strconv.ParseInt(g.getenv("ASHLAR_GITHUB_INSTALLATION_ID"), 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return nil, usageError("ASHLAR_GITHUB_APP_ID and ASHLAR_GITHUB_INSTALLATION_ID are whole numbers; the App's settings show both")
	}
	key, err := plan.ReadFile(g.getenv("ASHLAR_GITHUB_APP_KEY"), maxKey)
	if err != nil {
		return nil, usageError("ASHLAR_GITHUB_APP_KEY: name the file of the App's private key: " + err.Error())
	}
	return &github.App{ID: number, Installation: installation, Key: key}, nil
}

func orElse(text, other string) string {
	if text != "" {
		return text
	}
	return other
}

// pullRequest is the one that is named, or that the workflow's event is about.
func (g *githubApp) pullRequest(named int) (int, error) {
	if named > 0 {
		return named, nil
	}
	var event struct {
		Number      int `json:"number"`
		PullRequest struct {
			Number int `json:"number"`
		} `json:"pull_request"`
	}
	if file := g.getenv("GITHUB_EVENT_PATH"); file != "" {
		text, err := plan.ReadFile(file, maxEvent)
		if err := errors.Join(err, json.Unmarshal(text, &event)); err != nil {
			return 0, fmt.Errorf("GITHUB_EVENT_PATH: %w", err)
		}
	}
	if n := max(event.PullRequest.Number, event.Number); n > 0 {
		return n, nil
	}
	return 0, usageError("which pull request? name it with --pr NUMBER, or run in a workflow that one started")
}

// report says what was done.
func (g *githubApp) report(what string, o github.Outcome, err error) error {
	if err != nil {
		return err
	}
	if g.json() {
		return g.writeJSON(o)
	}
	fmt.Fprintf(g.out, "%s %s", what, o.Action)
	if o.URL != "" {
		fmt.Fprintf(g.out, "  %s", o.URL)
	}
	fmt.Fprintln(g.out)
	return nil
}

// done runs f with a client.
func (g *githubApp) done(ctx context.Context, what string,
	f func(context.Context, *github.Client) (github.Outcome, error)) error {
	c, err := g.client()
	if err != nil {
		return err
	}
	o, err := f(ctx, c)
	return g.report(what, o, err)
}
