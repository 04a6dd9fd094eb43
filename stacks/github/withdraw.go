package github

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/google/go-github/v60/github"
)

// Declined is the action of a pull request that somebody has closed, and that is not
// opened again.
const Declined = "declined"

const (
	markBefore, markAfter = "<!-- ashlar:proposal:", " -->"
	withdrawnMark         = markBefore + "withdrawn" + markAfter
)

// identityMark is the line by which a proposal is known again. GitHub does not show it.
func identityMark(identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return markBefore + hex.EncodeToString(sum[:]) + markAfter
}

// declined is the outcome where the last pull request from the branch was closed without
// a merge and proposed the same; else it is zero.
func (c *Client) declined(ctx context.Context, p Proposal) (Outcome, error) {
	list, _, err := c.api.PullRequests.List(ctx, c.owner, c.name, &github.PullRequestListOptions{State: "all",
		Head: c.owner + ":" + p.Branch, Base: p.Base, Sort: "created", Direction: "desc",
		ListOptions: github.ListOptions{PerPage: 1}})
	if err != nil || len(list) == 0 {
		return Outcome{}, err
	}
	last := list[0]
	if last.GetState() != "closed" || last.MergedAt != nil ||
		!strings.HasPrefix(last.GetBody(), identityMark(p.Identity)) {
		return Outcome{}, nil
	}
	return Outcome{Action: Declined, URL: last.GetHTMLURL()}, nil
}

// Withdraw closes the pull request from the proposal's branch, with a comment that says
// why, and deletes the branch. Without an open one it does nothing. What is withdrawn may be
// proposed again, which what somebody else has closed may not.
func (c *Client) Withdraw(ctx context.Context, p Proposal, why string) (Outcome, error) {
	doing := "pull request from " + p.Branch
	had, err := c.open(ctx, p)
	if err != nil || had == nil {
		return Outcome{Action: Unchanged}, explained(doing, err)
	}
	_, rest, _ := strings.Cut(had.GetBody(), markAfter)
	body, state := withdrawnMark+rest, "closed"
	if _, _, err := c.api.Issues.CreateComment(ctx, c.owner, c.name, had.GetNumber(),
		&github.IssueComment{Body: &why}); err != nil {
		return Outcome{}, explained(doing, err)
	}
	if _, _, err := c.api.PullRequests.Edit(ctx, c.owner, c.name, had.GetNumber(),
		&github.PullRequest{Body: &body, State: &state}); err != nil {
		return Outcome{}, explained(doing, err)
	}
	// 422: the repository deletes branches itself, or another run has.
	if _, err := c.api.Git.DeleteRef(ctx, c.owner, c.name, "heads/"+p.Branch); err != nil && status(err) != 422 &&
		status(err) != 404 {
		return Outcome{}, explained(doing, err)
	}
	return Outcome{Action: Closed, URL: had.GetHTMLURL()}, nil
}
