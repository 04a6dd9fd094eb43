package github_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/github"
	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
)

// offered is a proposal that people may decline.
func offered(identity string) github.Proposal {
	return github.Proposal{Base: "main", Branch: "ashlar/x", Title: "t", Body: "b", Message: "m", Identity: identity,
		Files:    map[string][]byte{"README.md": []byte("hello " + identity + "\n")},
		Replaced: map[string][]byte{"README.md": []byte("hello\n")}}
}

func TestWhatSomebodyHasClosedIsNotProposedAgain(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	propose := func(identity, want string, open ...int) {
		t.Helper()
		got, err := c.Propose(t.Context(), offered(identity))
		if err != nil || got.Action != want || !slices.Equal(s.OpenPulls(), open) {
			t.Errorf("%+v, %v, open %v; want %s, %v", got, err, s.OpenPulls(), want, open)
		}
	}
	propose("one", github.Created, 1)
	propose("one", github.Unchanged, 1)
	propose("two", github.Updated, 1)
	s.Decline(1)
	s.Changes()
	propose("two", github.Declined)
	if changes := s.Changes(); len(changes) > 0 {
		t.Errorf("a declined proposal changes %v", changes)
	}
	propose("three", github.Created, 2) // another value
	s.Merge(2)
	propose("three", github.Created, 3) // it was merged, and somebody has undone it
}

func TestAProposalThatHasNoReasonAnyLongerIsWithdrawn(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	withdraw := func(want string) {
		t.Helper()
		got, err := c.Withdraw(t.Context(), offered(""), "done")
		if err != nil || got.Action != want || len(s.OpenPulls()) > 0 {
			t.Errorf("%+v, %v, open %v; want %s", got, err, s.OpenPulls(), want)
		}
	}
	withdraw(github.Unchanged)
	if _, err := c.Propose(t.Context(), offered("one")); err != nil {
		t.Fatal(err)
	}
	withdraw(github.Closed)
	withdraw(github.Unchanged)
	if said := s.Comments(1); len(said) != 1 || !strings.HasSuffix(said[0], ": done") || s.Head("ashlar/x") != "" {
		t.Errorf("%v, the branch is at %q", said, s.Head("ashlar/x"))
	}
	// The program has closed it: the same may come again.
	if got, err := c.Propose(t.Context(), offered("one")); err != nil || got.Action != github.Created {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAProposalDoesNotOverwriteWhatTheBaseHasBecome(t *testing.T) {
	s := githubtest.New(t)
	s.Hold("main", map[string]string{"README.md": "hello again\n"})
	s.Changes()
	c, _ := client(t, s)
	_, err := c.Propose(t.Context(), offered("one"))
	if err == nil || !strings.Contains(err.Error(), "README.md is not what it is in main: run this in a work tree of main") {
		t.Error(err)
	}
	if changes := s.Changes(); len(changes) > 0 {
		t.Errorf("it has changed %v", changes)
	}
}
