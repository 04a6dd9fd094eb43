package github

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/google/go-github/v60/github"
)

// perRequest is how many annotations GitHub takes at once.
const perRequest = 50

// maxSummary is GitHub's bound on a summary's characters.
const maxSummary = 65_535

// Check is a verdict on a commit, with annotations on lines.
type Check struct {
	Name        string
	Commit      string
	Conclusion  string // success, neutral or failure
	Title       string
	Summary     string // Markdown
	Annotations []Annotation
}

// Annotation is a message on a line of a file of the repository.
type Annotation struct {
	Path    string
	Line    int    // from 1
	Level   string // notice, warning or failure
	Title   string
	Message string
}

// id tells checks of one content from others.
func (k Check) id() (string, error) {
	text, err := json.Marshal(k)
	return fmt.Sprintf("%x", sha256.Sum256(text)), err
}

// Check makes the commit have the check run. The same verdict is not given
// twice; another one is a new run, which GitHub shows in place of the last.
//
// Annotations go in requests of fifty: the first creates the run, the rest are added
// to it. A run that a killed process left in progress has no conclusion and is not
// found again; the next call makes a new one in its place.
func (c *Client) Check(ctx context.Context, k Check) (Outcome, error) {
	doing := fmt.Sprintf("check run %s on %.12s", k.Name, k.Commit)
	id, err := k.id()
	if err != nil {
		return Outcome{}, wrap(doing, err)
	}
	if had, err := c.checkRun(ctx, k, id); err != nil || had != nil {
		return Outcome{Action: Unchanged, URL: had.GetHTMLURL()}, explained(doing, err)
	}
	first, rest := k.Annotations, []Annotation(nil)
	if len(first) > perRequest {
		first, rest = first[:perRequest], first[perRequest:]
	}
	// In progress until every annotation is there.
	run, _, err := c.api.Checks.CreateCheckRun(ctx, c.owner, c.name, github.CreateCheckRunOptions{
		Name: k.Name, HeadSHA: k.Commit, ExternalID: &id, Status: github.String("in_progress"), Output: k.output(first),
	})
	if err != nil {
		return Outcome{}, explained(doing, err)
	}
	for len(rest) > 0 {
		n := min(perRequest, len(rest))
		if _, _, err := c.api.Checks.UpdateCheckRun(ctx, c.owner, c.name, run.GetID(),
			github.UpdateCheckRunOptions{Name: k.Name, Output: k.output(rest[:n])}); err != nil {
			return Outcome{}, explained(doing, err)
		}
		rest = rest[n:]
	}
	// Concluded last: a run that was cut short is never taken for a verdict.
	_, _, err = c.api.Checks.UpdateCheckRun(ctx, c.owner, c.name, run.GetID(), github.UpdateCheckRunOptions{
		Name: k.Name, Status: github.String("completed"), Conclusion: &k.Conclusion,
		CompletedAt: &github.Timestamp{Time: c.now().UTC()},
	})
	return Outcome{Action: Created, URL: run.GetHTMLURL()}, explained(doing, err)
}

// checkRun is the completed run of the same content, or nil.
// It is recognised by the external id, a hash of the content.
func (c *Client) checkRun(ctx context.Context, k Check, id string) (*github.CheckRun, error) {
	var found *github.CheckRun
	err := pages(func(opt github.ListOptions) (*github.Response, error) {
		list, r, err := c.api.Checks.ListCheckRunsForRef(ctx, c.owner, c.name, k.Commit,
			&github.ListCheckRunsOptions{CheckName: &k.Name, ListOptions: opt})
		if err == nil {
			for _, run := range list.CheckRuns {
				if run.GetExternalID() == id && run.GetStatus() == "completed" {
					found = run
				}
			}
		}
		return r, err
	})
	return found, err
}

// output is what GitHub shows: each request repeats title and summary, and GitHub
// adds its annotations to those that are there.
func (k Check) output(annotations []Annotation) *github.CheckRunOutput {
	summary := []rune(k.Summary)
	out := &github.CheckRunOutput{Title: &k.Title,
		Summary: github.String(string(summary[:min(len(summary), maxSummary)]))}
	for _, a := range annotations {
		// Lines count from 1; a finding about a whole file has 0.
		line := max(1, a.Line)
		out.Annotations = append(out.Annotations, &github.CheckRunAnnotation{
			Path: &a.Path, StartLine: &line, EndLine: &line, AnnotationLevel: &a.Level,
			Title: &a.Title, Message: &a.Message,
		})
	}
	return out
}
