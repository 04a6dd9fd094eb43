package github_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/stacks/github"
	"github.com/ashlar-dev/ashlar/tests/answers"
)

// calls are what is asked of GitHub.
func calls() map[string]func(context.Context, *github.Client) error {
	return map[string]func(context.Context, *github.Client) error{
		"comment": func(ctx context.Context, c *github.Client) error {
			_, err := c.Comment(ctx, 1, github.Sticky{Key: "plan", Body: "text"})
			return err
		},
		"check": func(ctx context.Context, c *github.Client) error {
			_, err := c.Check(ctx, github.Check{Name: "ashlar", Commit: strings.Repeat("a", 40), Conclusion: "success",
				Title: "t", Summary: "s"})
			return err
		},
		"reviews": func(ctx context.Context, c *github.Client) error { _, err := c.Reviews(ctx, 1); return err },
		"file": func(ctx context.Context, c *github.Client) error {
			_, err := c.File(ctx, "main", "a/b.json")
			return err
		},
		"member": func(ctx context.Context, c *github.Client) error {
			_, err := c.Member(ctx, "risk", "grace")
			return err
		},
		"propose": func(ctx context.Context, c *github.Client) error {
			_, err := c.Propose(ctx, github.Proposal{Base: "main", Branch: "ashlar/x", Title: "t", Message: "m",
				Files: map[string][]byte{"a": []byte("b")}})
			return err
		},
		"issue": func(ctx context.Context, c *github.Client) error { _, err := c.Issue(ctx, "t", "b"); return err },
		"standing issue": func(ctx context.Context, c *github.Client) error {
			_, err := c.Stand(ctx, github.Standing{Key: "drift", Title: "t", Body: "b"})
			return err
		},
		"set up": func(ctx context.Context, c *github.Client) error {
			steps, err := c.Differences(ctx, setup())
			if err == nil {
				_, err = c.Apply(ctx, steps)
			}
			return err
		},
	}
}

// FuzzAnswers: whatever GitHub answers, every call ends, after a bounded number of
// requests, with an outcome or an error that does not tell the token.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `[null]`, `{"id": 1}`,
		`[{"id": 1, "body": "<!-- ashlar:plan -->", "user": {"login": "x"}}]`,
		`{"number": 1, "head": {"sha": "x"}, "user": null}`,
		`{"object": {"sha": "x"}}`, `{"total_count": 1, "check_runs": [{"id": 1}]}`,
		`{"content": "%%%", "encoding": "base64"}`, `{"type": "file", "encoding": "base64", "content": "eA=="}`,
		`[{"state": "APPROVED", "user": {"login": "x"}, "commit_id": "y"}]`, `{"message": "Not Found"}`,
		`{"variables": [{"name": "A"}], "total_count": 1}`, `[{"number": 1, "title": "t", "head": {}}]`,
	} {
		for _, status := range []int{200, 201, 204, 401, 403, 404, 409, 422, 500} {
			f.Add(status, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 || status/100 == 3 {
			return
		}
		for name, call := range calls() {
			a := &answers.Always{Status: status, Body: body}
			c, err := github.New(github.Config{
				Repository: "acme/shop", API: "http://127.0.0.1:1", Token: "hunter2", Transport: a,
				Now:   func() time.Time { return time.Unix(1_700_000_000, 0) },
				Sleep: func(context.Context, time.Duration) error { return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := call(t.Context(), c); err != nil && strings.Contains(err.Error(), "hunter2") &&
				!bytes.Contains(body, []byte("hunter2")) {
				t.Errorf("%s: the error tells the token: %v", name, err)
			}
			if a.Asked == 0 || a.Asked > 200 {
				t.Errorf("%s: %d requests", name, a.Asked)
			}
		}
	})
}
