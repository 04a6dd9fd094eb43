package github_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/github"
	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
)

func TestAnIssueStandsAsLongAsThereIsSomethingToSay(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	issue := github.Standing{Key: "drift-prod", Title: "Drift in prod", Done: "All is well."}
	stand := func() (github.Outcome, error) { return c.Stand(t.Context(), issue) }
	if o, err := stand(); err != nil || o.Action != github.Unchanged || len(s.Changes()) > 0 {
		t.Errorf("nothing to say: %v %v", o, err)
	}
	issue.Body = "one"
	twice(t, s, github.Created, stand)
	issue.Body = strings.Repeat("two\n", 30_000) // longer than GitHub takes
	twice(t, s, github.Updated, stand)
	// People may rename it; the marker counts. What somebody else wrote is none of ours.
	if text := s.Issues()["Drift in prod"]; !strings.HasPrefix(text, "<!-- ashlar:drift-prod -->\ntwo") {
		t.Errorf("the issue says %.60q", text)
	}
	other := issue
	other.Key, other.Title, other.Body = "drift-dev", "Drift in dev", "three"
	if o, err := c.Stand(t.Context(), other); err != nil || o.Action != github.Created {
		t.Errorf("another environment: %v %v", o, err)
	}
	issue.Body = ""
	twice(t, s, github.Closed, stand)
	if open := s.OpenIssues(); !slices.Equal(open, []int{2}) || !strings.Contains(s.Comments(1)[0], "All is well.") {
		t.Errorf("open %v, comments %v", open, s.Comments(1))
	}
	issue.Body = "again"
	if o, err := stand(); err != nil || o.Action != github.Created || len(s.OpenIssues()) != 2 {
		t.Errorf("drift again: %v %v %v", o, err, s.OpenIssues())
	}
}

// TestTwoRunsAtOnceKeepOneIssue: both looked before either had opened one.
func TestTwoRunsAtOnceKeepOneIssue(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	issue := github.Standing{Key: "drift", Title: "Drift", Body: "text"}
	s.Misbehave(githubtest.Trouble{Method: "GET", Path: "/issues", Status: 200, Body: "[]"})
	if _, err := c.Stand(t.Context(), issue); err != nil {
		t.Fatal(err)
	}
	s.Misbehave(githubtest.Trouble{Method: "GET", Path: "/issues", Status: 200, Body: "[]"})
	o, err := c.Stand(t.Context(), issue)
	if err != nil || o.Action != github.Created || !slices.Equal(s.OpenIssues(), []int{1}) ||
		!strings.Contains(strings.Join(s.Comments(2), ""), "Issue #1 says the same.") {
		t.Errorf("%v %v: open %v, comments %v", o, err, s.OpenIssues(), s.Comments(2))
	}
}

// TestAMarkerOfSomebodyElseIsNotOurs: anybody may open an issue that begins with it.
func TestAMarkerOfSomebodyElseIsNotOurs(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	s.Misbehave(githubtest.Trouble{Method: "GET", Path: "/issues", Status: 200,
		Body: `[{"number": 7, "state": "open", "body": "<!-- ashlar:drift -->", "user": {"login": "mallory", "type": "User"}}]`})
	o, err := c.Stand(t.Context(), github.Standing{Key: "drift", Title: "Drift"})
	if err != nil || o.Action != github.Unchanged || len(s.Changes()) > 0 {
		t.Errorf("%v %v", o, err)
	}
}
