package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"
)

// Setup is how a repository should be set up, so that a pull request is checked
// and reviewed and only what was merged is applied.
type Setup struct {
	Branch string // protected
	// Names of check runs, as workflows report them.
	Checks       []string          // that must pass, by name
	Environments []Environment     // of deployments
	Variables    map[string]string // of the repository's workflows; no secrets
	CodeOwners   string            // the file's text; "" leaves it alone
}

// Environment is where workflows deploy to: from the protected branch only.
type Environment struct {
	Name      string
	Reviewers []string // people, or TEAM of the repository's owner as team/TEAM
	Variables map[string]string
}

// Step is one difference between the repository and the setup.
type Step struct {
	What string `json:"what"`
	Now  string `json:"now"`
	Want string `json:"want"`
	// apply makes the change. It may be called at any later time, and GitHub's state may
	// have changed since Differences looked.
	apply func(context.Context) error
}

// CodeOwnersPath is where GitHub looks for code owners.
const CodeOwnersPath = ".github/CODEOWNERS"

// Differences are the steps that lead to the setup, in the order to take them;
// none where all is as it should be. Nothing is changed.
//
// Each part is asked apart, and the problems of all are joined, so that a missing
// permission is known with everything else before a step is taken.
func (c *Client) Differences(ctx context.Context, s Setup) ([]Step, error) {
	var out []Step
	var problems []error
	add := func(steps []Step, err error) {
		out, problems = append(out, steps...), append(problems, err)
	}
	if s.CodeOwners != "" {
		add(c.codeOwners(ctx, s)) // before the branch takes no commit any more
	}
	add(c.variables(ctx, ofRepository{c}, s.Variables))
	for _, e := range s.Environments {
		add(c.environment(ctx, e))
		add(c.variablesOf(ctx, e)) // once there is an environment to have them
	}
	// Last: it refuses direct commits, which the code owners' file needs.
	add(c.protection(ctx, s))
	return out, errors.Join(problems...)
}

// Apply takes the steps and returns how many were done; the first that fails
// ends it, and a later run continues from there.
func (c *Client) Apply(ctx context.Context, steps []Step) (int, error) {
	for i, s := range steps {
		if err := s.apply(ctx); err != nil {
			return i, explained(s.What, err)
		}
	}
	return len(steps), nil
}

// codeOwners writes the file where there is none. One that is there is never changed,
// whatever it says.
func (c *Client) codeOwners(ctx context.Context, s Setup) ([]Step, error) {
	_, _, _, err := c.api.Repositories.GetContents(ctx, c.owner, c.name, CodeOwnersPath,
		&github.RepositoryContentGetOptions{Ref: s.Branch})
	// An existing file is right by definition.
	if err == nil { // people edit it by pull requests
		return nil, nil
	}
	if status(err) != 404 {
		return nil, explained(CodeOwnersPath, err)
	}
	return []Step{{What: "file " + CodeOwnersPath, Now: "none", Want: "written",
		apply: func(ctx context.Context) error {
			_, _, err := c.api.Repositories.CreateFile(ctx, c.owner, c.name, CodeOwnersPath,
				&github.RepositoryContentFileOptions{
					Message: github.String("Name the code owners"), Content: []byte(s.CodeOwners), Branch: &s.Branch,
				})
			return err
		}}}, nil
}

// environment compares who may deploy there and from where, as texts, which also are
// what the step shows. GitHub's call replaces the whole environment, so a wait and a
// rule against approving your deployment, which the setup has not, are asked for
// again.
func (c *Client) environment(ctx context.Context, want Environment) ([]Step, error) {
	doing := "environment " + want.Name
	reviewers, ids, err := c.reviewers(ctx, want.Reviewers)
	if err != nil {
		return nil, explained(doing, err)
	}
	now := "none"
	have, _, err := c.api.Repositories.GetEnvironment(ctx, c.owner, c.name, want.Name)
	if err != nil && status(err) != 404 {
		return nil, explained(doing, err)
	}
	if err == nil {
		now = describe(have.GetDeploymentBranchPolicy().GetProtectedBranches(),
			have.GetCanAdminsBypass(), reviewersOf(have))
	}
	text := describe(true, false, ids)
	if now == text {
		return nil, nil
	}
	yes, no, wait, self := true, false, 0, (*bool)(nil)
	if have != nil {
		for _, rule := range have.ProtectionRules {
			wait = max(wait, rule.GetWaitTimer())
			if rule.PreventSelfReview != nil {
				self = rule.PreventSelfReview
			}
		}
	}
	return []Step{{What: doing, Now: now, Want: text, apply: func(ctx context.Context) error {
		_, _, err := c.api.Repositories.CreateUpdateEnvironment(ctx, c.owner, c.name, want.Name,
			&github.CreateUpdateEnvironment{
				WaitTimer: &wait, Reviewers: reviewers, CanAdminsBypass: &no, PreventSelfReview: self,
				DeploymentBranchPolicy: &github.BranchPolicy{ProtectedBranches: &yes, CustomBranchPolicies: &no},
			})
		return err
	}}}, nil
}

// reviewers looks the names up; ids are as reviewersOf gives them.
// GitHub takes ids and not names, so a name that does not exist is an error here.
func (c *Client) reviewers(ctx context.Context, names []string) (list []*github.EnvReviewers, ids []string, err error) {
	for _, name := range names {
		kind, id := "User", int64(0)
		if team, ok := strings.CutPrefix(name, "team/"); ok {
			t, _, err := c.api.Teams.GetTeamBySlug(ctx, c.owner, team)
			if err != nil {
				return nil, nil, explained("team "+team, err)
			}
			kind, id = "Team", t.GetID()
		} else {
			u, _, err := c.api.Users.Get(ctx, name)
			if err != nil {
				return nil, nil, explained("user "+name, err)
			}
			id = u.GetID()
		}
		list = append(list, &github.EnvReviewers{Type: &kind, ID: &id})
		ids = append(ids, fmt.Sprintf("%s %d", kind, id))
	}
	slices.Sort(ids)
	return list, ids, nil
}

// reviewersOf are the environment's reviewers as "User ID" or "Team ID", sorted.
func reviewersOf(e *github.Environment) []string {
	var out []string
	for _, rule := range e.ProtectionRules {
		for _, r := range rule.Reviewers {
			switch who := r.Reviewer.(type) {
			case *github.User:
				out = append(out, fmt.Sprintf("User %d", who.GetID()))
			case *github.Team:
				out = append(out, fmt.Sprintf("Team %d", who.GetID()))
			}
		}
	}
	slices.Sort(out)
	return out
}

// describe is an environment's protection in words. Administrators are only named
// where there are reviewers to go past: some price plans of GitHub have neither.
func describe(protected, bypass bool, reviewers []string) string {
	out := "from any branch"
	if protected {
		out = "from protected branches"
	}
	if len(reviewers) == 0 {
		return out + ", without reviewers"
	}
	out += ", reviewed by " + strings.Join(reviewers, ", ")
	if bypass {
		out += ", which administrators may go past"
	}
	return out
}
