package github

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-github/v60/github"
)

// Closed is the action of an issue that was closed.
const Closed = "closed"

// Standing is an issue that is open as long as there is something to say, and of which
// there is one: found again by its key, whatever people make of its title.
type Standing struct {
	Key   string // letters, digits and dashes
	Title string
	Body  string // Markdown; empty: nothing is left to say, and the issue is closed
	Done  string // the comment by which it is closed
}

// Stand makes the repository have the issue, once. Two runs at the same time may both open
// one: each looks again afterwards, and both keep the one with the lowest number.
func (c *Client) Stand(ctx context.Context, s Standing) (Outcome, error) {
	doing := fmt.Sprintf("issue %q", s.Title)
	sticky := Sticky{Key: s.Key, Body: s.Body}
	mine, err := c.standing(ctx, sticky.marker())
	if err != nil {
		return Outcome{}, explained(doing, err)
	}
	text := sticky.text()
	switch {
	case strings.TrimSpace(s.Body) == "" && len(mine) == 0:
		return Outcome{Action: Unchanged}, nil
	case strings.TrimSpace(s.Body) == "":
		for _, one := range mine {
			if err := c.closeIssue(ctx, one.GetNumber(), s.Done, "completed"); err != nil {
				return Outcome{}, explained(doing, err)
			}
		}
		return Outcome{Action: Closed, URL: mine[0].GetHTMLURL()}, nil
	case len(mine) == 0:
		return c.openIssue(ctx, s.Title, text, sticky.marker())
	}
	if err := c.single(ctx, mine); err != nil {
		return Outcome{}, explained(doing, err)
	}
	if mine[0].GetBody() == text {
		return Outcome{Action: Unchanged, URL: mine[0].GetHTMLURL()}, nil
	}
	_, _, err = c.api.Issues.Edit(ctx, c.owner, c.name, mine[0].GetNumber(), &github.IssueRequest{Body: &text})
	return Outcome{Action: Updated, URL: mine[0].GetHTMLURL()}, explained(doing, err)
}

// openIssue opens the issue and closes what another run opened at the same time.
func (c *Client) openIssue(ctx context.Context, title, text, marker string) (Outcome, error) {
	doing := fmt.Sprintf("issue %q", title)
	made, _, err := c.api.Issues.Create(ctx, c.owner, c.name, &github.IssueRequest{Title: &title, Body: &text})
	if err != nil && status(err) < 500 { // else it may be there all the same
		return Outcome{}, explained(doing, err)
	}
	mine, again := c.standing(ctx, marker)
	if again != nil || len(mine) == 0 { // it was opened all the same, or the first error says why not
		return Outcome{Action: Created, URL: made.GetHTMLURL()}, explained(doing, err)
	}
	return Outcome{Action: Created, URL: mine[0].GetHTMLURL()}, explained(doing, c.single(ctx, mine))
}

// single closes all but the first.
func (c *Client) single(ctx context.Context, mine []*github.Issue) error {
	for _, one := range mine[1:] {
		same := fmt.Sprintf("Issue #%d says the same.", mine[0].GetNumber())
		if err := c.closeIssue(ctx, one.GetNumber(), same, "not_planned"); err != nil {
			return err
		}
	}
	return nil
}

// closeIssue says why and closes. A second run may have closed it in between: closing
// again changes nothing.
func (c *Client) closeIssue(ctx context.Context, number int, why, reason string) error {
	if why != "" {
		if _, _, err := c.api.Issues.CreateComment(ctx, c.owner, c.name, number,
			&github.IssueComment{Body: &why}); err != nil {
			return err
		}
	}
	state := "closed"
	_, _, err := c.api.Issues.Edit(ctx, c.owner, c.name, number,
		&github.IssueRequest{State: &state, StateReason: &reason})
	return err
}

// standing are the open issues that begin with the marker and that we, or another bot of
// the repository's workflows, wrote; that with the lowest number first. Anybody may write
// the marker.
func (c *Client) standing(ctx context.Context, marker string) ([]*github.Issue, error) {
	me, _, err := c.api.Users.Get(ctx, "")
	if err != nil && status(err) != 403 && status(err) != 404 { // a workflow's token stands for nobody
		return nil, err
	}
	var out []*github.Issue
	err = pages(func(opt github.ListOptions) (*github.Response, error) {
		list, r, err := c.api.Issues.ListByRepo(ctx, c.owner, c.name, &github.IssueListByRepoOptions{
			State: "open", Sort: "created", Direction: "asc", ListOptions: opt})
		for _, one := range list {
			ours := one.GetUser().GetType() == "Bot" || me.GetLogin() != "" && one.GetUser().GetLogin() == me.GetLogin()
			if ours && strings.HasPrefix(one.GetBody(), marker) && !one.IsPullRequest() {
				out = append(out, one)
			}
		}
		return r, err
	})
	return out, err
}
