package github

import (
	"context"
	"fmt"

	"github.com/google/go-github/v60/github"
)

// Retrain asks the workflow to run on the branch, for the environment.
// workflow is its file's name, which must take the input "environment". GitHub answers
// before the run begins, so success means that it was asked for.
func (c *Client) Retrain(ctx context.Context, workflow, branch, environment string) error {
	_, err := c.api.Actions.CreateWorkflowDispatchEventByFileName(ctx, c.owner, c.name, workflow,
		github.CreateWorkflowDispatchEventRequest{
			Ref: branch, Inputs: map[string]any{"environment": environment},
		})
	return explained(fmt.Sprintf("run %s on %s", workflow, branch), err)
}

// Issue makes the repository have one open issue of that title, with the body.
// Titles are compared exactly; of several with the title, the newest counts. A closed
// issue is not opened again: a new one is made.
func (c *Client) Issue(ctx context.Context, title, body string) (Outcome, error) {
	doing := fmt.Sprintf("issue %q", title)
	var found *github.Issue
	err := pages(func(opt github.ListOptions) (*github.Response, error) {
		list, r, err := c.api.Issues.ListByRepo(ctx, c.owner, c.name,
			&github.IssueListByRepoOptions{State: "open", ListOptions: opt})
		for _, one := range list {
			if found == nil && one.GetTitle() == title && !one.IsPullRequest() {
				found = one
			}
		}
		return r, err
	})
	switch {
	case err != nil:
		return Outcome{}, explained(doing, err)
	case found == nil:
		made, _, err := c.api.Issues.Create(ctx, c.owner, c.name, &github.IssueRequest{Title: &title, Body: &body})
		return Outcome{Action: Created, URL: made.GetHTMLURL()}, explained(doing, err)
	case found.GetBody() == body:
		return Outcome{Action: Unchanged, URL: found.GetHTMLURL()}, nil
	}
	_, _, err = c.api.Issues.Edit(ctx, c.owner, c.name, found.GetNumber(), &github.IssueRequest{Body: &body})
	return Outcome{Action: Updated, URL: found.GetHTMLURL()}, explained(doing, err)
}
