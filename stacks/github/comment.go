package github

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/go-github/v60/github"
)

// maxComment is GitHub's bound on a comment's characters.
const maxComment = 65_536

// Sticky is a comment that a pull request has once: found again by its key.
type Sticky struct {
	Key  string // letters, digits and dashes
	Body string // Markdown; cut where it is too long
}

// marker begins the comment. Markdown shows nothing of it.
func (s Sticky) marker() string { return "<!-- ashlar:" + s.Key + " -->" }

// text is the whole comment, cut at a line where GitHub would refuse it.
func (s Sticky) text() string {
	const cut = "\n\nThe rest is too long for a comment: the workflow's summary has it."
	text := s.marker() + "\n" + strings.TrimSpace(s.Body)
	if utf8.RuneCountInString(text) <= maxComment {
		return text
	}
	runes := []rune(text)[:maxComment-len(cut)]
	kept := string(runes)
	if i := strings.LastIndexByte(kept, '\n'); i > 0 {
		kept = kept[:i]
	}
	return kept + cut
}

// Comment makes the pull request have the comment, once. An empty body takes it
// back where there is one. Comments of others are left alone, whatever they say.
//
// A comment is edited in place, so that it keeps its position in the conversation and
// notifies nobody again.
func (c *Client) Comment(ctx context.Context, pull int, s Sticky) (Outcome, error) {
	doing := fmt.Sprintf("comment on pull request %d", pull)
	// Looked for each time: ids are not kept anywhere between runs.
	mine, err := c.comments(ctx, pull, s.marker())
	if err != nil {
		return Outcome{}, explained(doing, err)
	}
	for i := 1; i < len(mine); i++ { // two runs at once may have made two
		if _, err := c.api.Issues.DeleteComment(ctx, c.owner, c.name,
			mine[i].GetID()); err != nil && status(err) != 404 {
			return Outcome{}, explained(doing, err)
		}
	}
	text := s.text()
	switch {
	case strings.TrimSpace(s.Body) == "" && len(mine) == 0:
		return Outcome{Action: Unchanged}, nil
	case strings.TrimSpace(s.Body) == "":
		_, err := c.api.Issues.DeleteComment(ctx, c.owner, c.name, mine[0].GetID())
		return Outcome{Action: Updated}, explained(doing, err)
	case len(mine) == 0:
		made, _, err := c.api.Issues.CreateComment(ctx, c.owner, c.name, pull, &github.IssueComment{Body: &text})
		if err != nil && status(err) >= 500 { // it may be there all the same
			if mine, again := c.comments(ctx, pull, s.marker()); again == nil && len(mine) > 0 {
				return Outcome{Action: Created, URL: mine[0].GetHTMLURL()}, nil
			}
		}
		return Outcome{Action: Created, URL: made.GetHTMLURL()}, explained(doing, err)
	// Editing would mark the comment as edited although nothing changed.
	case mine[0].GetBody() == text:
		return Outcome{Action: Unchanged, URL: mine[0].GetHTMLURL()}, nil
	}
	made, _, err := c.api.Issues.EditComment(ctx, c.owner, c.name, mine[0].GetID(), &github.IssueComment{Body: &text})
	return Outcome{Action: Updated, URL: made.GetHTMLURL()}, explained(doing, err)
}

// comments are those that begin with the marker and that we, or another bot of
// the repository's workflows, wrote: anybody may write the marker.
func (c *Client) comments(ctx context.Context, pull int, marker string) ([]*github.IssueComment, error) {
	var out []*github.IssueComment
	me, _, err := c.api.Users.Get(ctx, "")
	if err != nil && status(err) != 403 && status(err) != 404 { // a workflow's token stands for nobody
		return nil, err
	}
	err = pages(func(opt github.ListOptions) (*github.Response, error) {
		list, r, err := c.api.Issues.ListComments(ctx, c.owner, c.name, pull,
			&github.IssueListCommentsOptions{ListOptions: opt})
		for _, one := range list {
			ours := one.GetUser().GetType() == "Bot" || me.GetLogin() != "" && one.GetUser().GetLogin() == me.GetLogin()
			if ours && strings.HasPrefix(one.GetBody(), marker) {
				out = append(out, one)
			}
		}
		return r, err
	})
	return out, err
}
