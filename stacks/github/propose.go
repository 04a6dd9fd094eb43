package github

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/go-github/v60/github"
)

// Proposal is a pull request that sets files.
type Proposal struct {
	Base    string // branch
	Branch  string // ours alone: what is on it is replaced
	Title   string
	Body    string // Markdown
	Message string // of the commit
	Files   map[string][]byte
	// Replaced are texts that files must have in the base, by path: what the new texts were
	// made of. A base that has gone on is an error then, and nothing is overwritten.
	Replaced map[string][]byte
	// Identity stands for what is proposed; empty: nothing does. Where somebody has closed
	// the last pull request from the branch, and it had the same one, none is opened.
	Identity string
}

// Propose makes the repository have the pull request, open and with these files
// on top of the base as it is now.
//
// The branch is pushed before the pull request is opened, so that nobody is shown one
// without its files. Reviews of an earlier commit are dismissed by the branch's
// protection.
func (c *Client) Propose(ctx context.Context, p Proposal) (Outcome, error) {
	doing := "pull request from " + p.Branch
	if p.Identity != "" {
		p.Body = identityMark(p.Identity) + "\n" + p.Body
		declined, err := c.declined(ctx, p)
		if err != nil || declined.Action != "" {
			return declined, explained(doing, err)
		}
	}
	pushed, err := c.push(ctx, p)
	if err != nil {
		return Outcome{}, explained(doing, err)
	}
	had, err := c.open(ctx, p)
	if err != nil {
		return Outcome{}, explained(doing, err)
	}
	if had == nil {
		made, _, err := c.api.PullRequests.Create(ctx, c.owner, c.name,
			&github.NewPullRequest{Title: &p.Title, Head: &p.Branch, Base: &p.Base, Body: &p.Body})
		if err == nil {
			return Outcome{Action: Created, URL: made.GetHTMLURL()}, nil
		}
		// Another run may have been faster, or the answer was lost.
		if had, _ = c.open(ctx, p); had == nil {
			return Outcome{}, explained(doing, err)
		}
	}
	if had.GetTitle() != p.Title || had.GetBody() != p.Body {
		pushed = true
		if _, _, err := c.api.PullRequests.Edit(ctx, c.owner, c.name, had.GetNumber(),
			&github.PullRequest{Title: &p.Title, Body: &p.Body}); err != nil {
			return Outcome{}, explained(doing, err)
		}
	}
	if pushed {
		return Outcome{Action: Updated, URL: had.GetHTMLURL()}, nil
	}
	return Outcome{Action: Unchanged, URL: had.GetHTMLURL()}, nil
}

// open is the open pull request from the branch, or nil.
func (c *Client) open(ctx context.Context, p Proposal) (*github.PullRequest, error) {
	list, _, err := c.api.PullRequests.List(ctx, c.owner, c.name,
		&github.PullRequestListOptions{State: "open", Head: c.owner + ":" + p.Branch, Base: p.Base})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// push puts the files on the branch, one commit on top of the base, unless they
// are there already. It reports whether it did.
// The commit is always on the base as it is, and the branch is moved by force: it
// belongs to this program, and its history is of no interest.
func (c *Client) push(ctx context.Context, p Proposal) (bool, error) {
	base, _, err := c.api.Git.GetRef(ctx, c.owner, c.name, "heads/"+p.Base)
	if err != nil {
		return false, err
	}
	for _, path := range slices.Sorted(maps.Keys(p.Replaced)) {
		text, err := c.content(ctx, base.GetObject().GetSHA(), path)
		if err != nil && status(err) != 404 {
			return false, err
		}
		if err != nil || !bytes.Equal(text, p.Replaced[path]) {
			return false, fmt.Errorf("%s is not what it is in %s: run this in a work tree of %s without changes",
				path, p.Base, p.Base)
		}
	}
	// 404 means that the branch has to be made.
	branch, _, err := c.api.Git.GetRef(ctx, c.owner, c.name, "heads/"+p.Branch)
	if err != nil && status(err) != 404 {
		return false, err
	}
	if err == nil {
		same, err := c.holds(ctx, p, branch.GetObject().GetSHA(), base.GetObject().GetSHA())
		if err != nil || same {
			return false, err
		}
	}
	commit, err := c.commit(ctx, p, base.GetObject().GetSHA())
	if err != nil {
		return false, err
	}
	ref := &github.Reference{Ref: github.String("refs/heads/" + p.Branch), Object: &github.GitObject{SHA: &commit}}
	// 422: another run has made the branch since; then it is moved.
	if branch == nil {
		if _, _, err = c.api.Git.CreateRef(ctx, c.owner, c.name, ref); status(err) != 422 {
			return true, err
		}
	}
	_, _, err = c.api.Git.UpdateRef(ctx, c.owner, c.name, ref, true)
	return true, err
}

// holds reports whether the branch is one commit above the base with the files.
// A branch that is so needs no new commit, and keeps the reviews that it has.
func (c *Client) holds(ctx context.Context, p Proposal, at, base string) (bool, error) {
	commit, _, err := c.api.Git.GetCommit(ctx, c.owner, c.name, at)
	if err != nil || len(commit.Parents) != 1 || commit.Parents[0].GetSHA() != base {
		return false, err
	}
	for _, path := range slices.Sorted(maps.Keys(p.Files)) {
		text, err := c.content(ctx, at, path)
		if status(err) == 404 {
			return false, nil
		}
		if err != nil || !bytes.Equal(text, p.Files[path]) {
			return false, err
		}
	}
	return true, nil
}

// commit makes a commit of the files on top of the base, and returns its digest.
// Other files stay as they are in the base's tree. It is on no branch yet.
func (c *Client) commit(ctx context.Context, p Proposal, base string) (string, error) {
	parent, _, err := c.api.Git.GetCommit(ctx, c.owner, c.name, base)
	if err != nil {
		return "", err
	}
	var entries []*github.TreeEntry
	for _, path := range slices.Sorted(maps.Keys(p.Files)) {
		// Content in place of a blob's digest: GitHub makes the blobs.
		entries = append(entries, &github.TreeEntry{
			Path: &path, Mode: github.String("100644"), Type: github.String("blob"),
			Content: github.String(string(p.Files[path])),
		})
	}
	tree, _, err := c.api.Git.CreateTree(ctx, c.owner, c.name, parent.GetTree().GetSHA(), entries)
	if err != nil {
		return "", err
	}
	commit, _, err := c.api.Git.CreateCommit(ctx, c.owner, c.name, &github.Commit{
		Message: &p.Message, Tree: tree, Parents: []*github.Commit{{SHA: &base}},
	}, nil)
	if err != nil {
		return "", fmt.Errorf("commit: %w", err)
	}
	return commit.GetSHA(), nil
}
