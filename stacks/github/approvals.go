package github

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// Reviewed is a pull request with who approved what is in it.
type Reviewed struct {
	Number   int        `json:"number"`
	URL      string     `json:"url"`
	Author   string     `json:"author"`
	Head     string     `json:"head"` // the commit that was reviewed
	Merged   bool       `json:"merged"`
	Approved []Approval `json:"approved"`
}

// Approval is one reviewer's last word.
type Approval struct {
	Login string    `json:"login"`
	At    time.Time `json:"at"`
	URL   string    `json:"url"`
}

// Reviews returns who approved the pull request's last commit: by each person's
// last review that says yes or no, the author's left out. An approval of an
// earlier commit is none of what was merged.
//
// Comments do not count: an earlier approval remains, as on GitHub itself.
// Logins are compared in lower case, as GitHub does. Bots are left out, since what
// an app approves no person has seen.
func (c *Client) Reviews(ctx context.Context, pull int) (Reviewed, error) {
	doing := fmt.Sprintf("reviews of pull request %d", pull)
	p, _, err := c.api.PullRequests.Get(ctx, c.owner, c.name, pull)
	if err != nil {
		return Reviewed{}, explained(doing, err)
	}
	out := Reviewed{Number: pull, URL: p.GetHTMLURL(), Author: p.GetUser().GetLogin(),
		Head: p.GetHead().GetSHA(), Merged: p.GetMerged()}
	// By login in lower case; a later review replaces the one before.
	last := map[string]*github.PullRequestReview{}
	err = pages(func(opt github.ListOptions) (*github.Response, error) {
		list, r, err := c.api.PullRequests.ListReviews(ctx, c.owner, c.name, pull, &opt)
		for _, one := range list { // in the order of time
			if s := one.GetState(); s == "APPROVED" || s == "CHANGES_REQUESTED" || s == "DISMISSED" {
				last[strings.ToLower(one.GetUser().GetLogin())] = one
			}
		}
		return r, err
	})
	if err != nil {
		return Reviewed{}, explained(doing, err)
	}
	for login, one := range last {
		if one.GetState() == "APPROVED" && one.GetCommitID() == out.Head && login != strings.ToLower(out.Author) &&
			one.GetUser().GetType() != "Bot" {
			out.Approved = append(out.Approved,
				Approval{Login: one.GetUser().GetLogin(), At: one.GetSubmittedAt().Time, URL: one.GetHTMLURL()})
		}
	}
	slices.SortFunc(out.Approved, func(a, b Approval) int { return a.At.Compare(b.At) })
	return out, nil
}

// File is a file's text at a commit or branch; none where it is not there.
// GitHub returns contents of up to 1 MiB.
func (c *Client) File(ctx context.Context, ref, path string) ([]byte, error) {
	text, err := c.content(ctx, ref, path)
	if status(err) == 404 {
		return nil, nil
	}
	return text, explained(path, err)
}

// content is a file's text; a folder is an error.
func (c *Client) content(ctx context.Context, ref, path string) ([]byte, error) {
	file, _, _, err := c.api.Repositories.GetContents(ctx, c.owner, c.name, path,
		&github.RepositoryContentGetOptions{Ref: ref})
	if err != nil {
		return nil, err
	}
	if file == nil {
		return nil, fmt.Errorf("%s is a folder", path)
	}
	text, err := file.GetContent()
	return []byte(text), err
}

// Member reports whether the person is in the team of the repository's owner.
// A pending invitation does not count. The token needs the right to read members of
// the organisation; without it GitHub may answer 404 as well, which reads as "no".
func (c *Client) Member(ctx context.Context, team, login string) (bool, error) {
	m, _, err := c.api.Teams.GetTeamMembershipBySlug(ctx, c.owner, team, login)
	if status(err) == 404 {
		return false, nil
	}
	return m.GetState() == "active", explained("members of team "+team, err)
}
