package github_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/stacks/github"
	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
)

// clock is a time that sleeping moves on.
type clock struct {
	now   time.Time
	slept []time.Duration
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.slept, c.now = append(c.slept, d), c.now.Add(d)
	return ctx.Err()
}

func client(t *testing.T, s *githubtest.Server) (*github.Client, *clock) {
	t.Helper()
	k := &clock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	c, err := github.New(github.Config{Repository: "acme/shop", API: s.URL, Token: githubtest.Token,
		Now: func() time.Time { return k.now }, Sleep: k.sleep})
	if err != nil {
		t.Fatal(err)
	}
	return c, k
}

// twice does it, wants the outcome, and does it again, which must change nothing.
func twice(t *testing.T, s *githubtest.Server, want string, f func() (github.Outcome, error)) {
	t.Helper()
	got, err := f()
	if err != nil || got.Action != want {
		t.Fatalf("%+v, %v; want it %s", got, err, want)
	}
	s.Changes()
	got, err = f()
	if err != nil || got.Action != github.Unchanged {
		t.Errorf("done again: %+v, %v", got, err)
	}
	if changes := s.Changes(); len(changes) > 0 {
		t.Errorf("done again, it asks for %v", changes)
	}
}

func TestAPullRequestHasOneComment(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	n, _ := s.Open("ada", "topic", "Change")
	for i := range 7 { // more than a page of others', one of which pretends
		s.Say(n, "eve", fmt.Sprintf("<!-- ashlar:plan -->\nno. %d", i))
	}
	say := func(body string) func() (github.Outcome, error) {
		return func() (github.Outcome, error) {
			return c.Comment(t.Context(), n, github.Sticky{Key: "plan", Body: body})
		}
	}
	twice(t, s, github.Created, say("first"))
	twice(t, s, github.Updated, say("second"))
	got := s.Comments(n)
	if len(got) != 8 || got[7] != "github-actions[bot]: <!-- ashlar:plan -->\nsecond" ||
		got[0] != "eve: <!-- ashlar:plan -->\nno. 0" {
		t.Errorf("comments %q", got)
	}
	// Two runs at once made two: one stays.
	s.Say(n, "github-actions[bot]", "<!-- ashlar:plan -->\nsecond")
	if _, err := say("third")(); err != nil || len(s.Comments(n)) != 8 {
		t.Errorf("%v, %d comments", err, len(s.Comments(n)))
	}
	twice(t, s, github.Updated, say("")) // nothing to say any more
	if got := s.Comments(n); len(got) != 7 {
		t.Errorf("comments %q", got)
	}
}

func TestALongCommentIsCutAtALine(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	n, _ := s.Open("ada", "topic", "Change")
	body := "important\n" + strings.Repeat("ä line of many\n", 10_000)
	if _, err := c.Comment(t.Context(), n, github.Sticky{Key: "plan", Body: body}); err != nil {
		t.Fatal(err)
	}
	got := s.Comments(n)[0]
	if !strings.Contains(got, "important") ||
		!strings.HasSuffix(got, "ä line of many\n\nThe rest is too long for a comment: the workflow's summary has it.") {
		t.Errorf("it ends with %q", got[len(got)-100:])
	}
}

func TestACheckIsGivenOnceAndWhole(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	k := github.Check{Name: "ashlar", Commit: "c0", Conclusion: "failure", Title: "120 findings", Summary: "s"}
	for i := range 120 {
		k.Annotations = append(k.Annotations,
			github.Annotation{Path: "credit.cue", Line: i, Level: "failure", Title: "t", Message: "m"})
	}
	give := func() (github.Outcome, error) { return c.Check(t.Context(), k) }
	twice(t, s, github.Created, give)
	runs := s.Runs()
	if len(runs) != 1 || len(runs[0]["annotations"].([]any)) != 120 || runs[0]["conclusion"] != "failure" ||
		runs[0]["status"] != "completed" {
		t.Errorf("%d runs, %v", len(runs), runs[0]["conclusion"])
	}
	k.Conclusion, k.Annotations = "success", nil
	twice(t, s, github.Created, give)
	// One that was cut short is no verdict, and is given again.
	k.Title = "another"
	s.Misbehave(githubtest.Trouble{Method: "PATCH", Status: 404})
	if _, err := give(); err == nil {
		t.Error("the end was refused, and nothing is said")
	}
	twice(t, s, github.Created, give)
}

func TestLimitsAreWaitedForAndFailuresTriedAgain(t *testing.T) {
	s := githubtest.New(t)
	c, k := client(t, s)
	n, _ := s.Open("ada", "topic", "Change")
	reset := fmt.Sprint(k.now.Add(10 * time.Minute).Unix())
	s.Misbehave(
		githubtest.Trouble{Method: "GET", Path: "/comments", Status: 502},
		githubtest.Trouble{Method: "GET", Path: "/comments", Broken: true},
		githubtest.Trouble{Method: "GET", Path: "/comments", Status: 403,
			Header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset},
			Body:   `{"message": "API rate limit exceeded"}`},
		githubtest.Trouble{Method: "POST", Path: "/comments", Status: 403,
			Body: `{"message": "You have exceeded a secondary rate limit"}`},
		githubtest.Trouble{Method: "POST", Path: "/comments", Status: 429,
			Header: map[string]string{"Retry-After": "7"}},
	)
	got, err := c.Comment(t.Context(), n, github.Sticky{Key: "plan", Body: "x"})
	if err != nil || got.Action != github.Created || len(s.Comments(n)) != 1 || s.Left() != 0 {
		t.Fatalf("%+v, %v, %d comments, %d troubles left", got, err, len(s.Comments(n)), s.Left())
	}
	// The broken connection is the transport's own to try again.
	want := []time.Duration{time.Second, 9 * time.Minute, time.Minute, 7 * time.Second}
	if len(k.slept) != len(want) {
		t.Fatalf("slept %v", k.slept)
	}
	for i, least := range want {
		if k.slept[i] < least || k.slept[i] > 2*least {
			t.Errorf("wait %d was %s, want about %s", i, k.slept[i], least)
		}
	}
}

// A creation whose answer is lost may have been carried out.
func TestWhatWasMadeBeforeAnAnswerWasLostIsNotMadeAgain(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	n, _ := s.Open("ada", "topic", "Change")
	s.Misbehave(githubtest.Trouble{Method: "POST", Path: "/comments", Status: 502, Done: true})
	if got, err := c.Comment(t.Context(), n, github.Sticky{Key: "plan", Body: "x"}); err != nil ||
		got.Action != github.Created || len(s.Comments(n)) != 1 {
		t.Errorf("%+v, %v, %q", got, err, s.Comments(n))
	}
	p := github.Proposal{Base: "main", Branch: "ashlar/p", Title: "T", Body: "B", Message: "M",
		Files: map[string][]byte{"pins.cue": []byte("x")}}
	s.Misbehave(githubtest.Trouble{Method: "POST", Path: "/pulls", Status: 502, Done: true},
		githubtest.Trouble{Method: "POST", Path: "/git/refs", Status: 422, Done: true,
			Body: `{"message": "Reference already exists"}`})
	if got, err := c.Propose(t.Context(), p); err != nil || len(s.Pulls()) != 2 {
		t.Errorf("%+v, %v, %q", got, err, s.Pulls())
	}
}

func TestItGivesUpInTheEnd(t *testing.T) {
	s := githubtest.New(t)
	c, k := client(t, s)
	for range 10 {
		s.Misbehave(githubtest.Trouble{Status: 503, Body: `{"message": "down"}`})
	}
	if _, err := c.Comment(t.Context(), 1, github.Sticky{Key: "plan", Body: "x"}); err == nil ||
		!strings.Contains(err.Error(), "503") || s.Left() != 4 {
		t.Errorf("%v, %d left", err, s.Left())
	}
	if len(k.slept) != 5 {
		t.Errorf("slept %v", k.slept)
	}
	s2 := githubtest.New(t)
	c, _ = client(t, s2)
	s2.Misbehave(githubtest.Trouble{Status: 429, Header: map[string]string{"Retry-After": "86400"}})
	if _, err := c.Comment(t.Context(), 1, github.Sticky{Key: "plan", Body: "x"}); err == nil {
		t.Error("it waits a day")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Comment(ctx, 1, github.Sticky{Key: "plan", Body: "x"}); err == nil {
		t.Error("it goes on though it was told to stop")
	}
}

func TestARefusalSaysWhatToDo(t *testing.T) {
	s := githubtest.New(t)
	for want, trouble := range map[string]githubtest.Trouble{
		"the token is not allowed to do this": {Path: "/comments", Status: 403,
			Body: `{"message": "Resource not accessible by integration"}`},
		"the token is wrong": {Path: "/comments", Status: 401, Body: `{"message": "Bad credentials"}`},
		"it does not exist":  {Path: "/comments", Status: 404, Body: `{"message": "Not Found"}`},
	} {
		c, _ := client(t, s)
		s.Misbehave(trouble)
		if _, err := c.Comment(t.Context(), 1, github.Sticky{Key: "plan", Body: "x"}); err == nil ||
			!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), githubtest.Token) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestReviewsCountForTheCommitThatWasReviewed(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	n, head := s.Open("ada", "promote", "Promote")
	s.Review(n, "old", "APPROVED", "c-before")
	s.Review(n, "ada", "APPROVED", head)
	s.Review(n, "helper[bot]", "APPROVED", head)
	s.Review(n, "linus", "APPROVED", head)
	s.Review(n, "linus", "CHANGES_REQUESTED", head)
	s.Review(n, "grace", "CHANGES_REQUESTED", head)
	s.Review(n, "Grace", "APPROVED", head)
	s.Review(n, "grace", "COMMENTED", head)
	s.Merge(n)
	got, err := c.Reviews(t.Context(), n)
	if err != nil || !got.Merged || got.Author != "ada" || len(got.Approved) != 1 || got.Approved[0].Login != "Grace" {
		t.Errorf("%+v, %v", got, err)
	}
	for login, want := range map[string]bool{"grace": true, "linus": false} {
		if in, err := c.Member(t.Context(), "risk", login); err != nil || in != want {
			t.Errorf("%s: %t, %v", login, in, err)
		}
	}
}

func TestAConfigurationIsCheckedAtOnce(t *testing.T) {
	_, err := github.New(github.Config{Repository: "../etc", API: "http://example.com"})
	for _, want := range []string{`repository "../etc"`, "want an https URL", "not signed in"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if _, err := github.New(github.Config{Repository: "a/b",
		App: &github.App{ID: 1, Installation: 2, Key: []byte("secretsecret")}}); err == nil ||
		strings.Contains(err.Error(), "secretsecret") {
		t.Errorf("got %v", err)
	}
}

// An App signs itself in for an hour, by a token that it signs.
func TestAnAppSignsIn(t *testing.T) {
	s := githubtest.New(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var signed []string
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/app/installations/7/access_tokens" {
			signed = append(signed, r.Header.Get("Authorization"))
			w.WriteHeader(http.StatusCreated)
			fmt.Fprintf(w, `{"token": %q, "expires_at": %q}`, githubtest.Token,
				time.Now().Add(time.Hour).Format(time.RFC3339))
			return
		}
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "token ", "Bearer ", 1))
		s.ServeHTTP(w, r)
	}))
	defer front.Close()
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	c, err := github.New(github.Config{Repository: "acme/shop", API: front.URL,
		App: &github.App{ID: 3, Installation: 7, Key: text}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := c.Comment(t.Context(), 1, github.Sticky{Key: "plan", Body: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if len(signed) != 1 || !strings.HasPrefix(signed[0], "Bearer ey") || slices.Contains(signed, githubtest.Token) {
		t.Errorf("signed in %d times: %q", len(signed), signed)
	}
}
