package github_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/stacks/github"
	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
)

func setup() github.Setup {
	return github.Setup{
		Branch: "main", Checks: []string{"data", "check"},
		Environments: []github.Environment{{Name: "dev"}, {Name: "prod", Reviewers: []string{"grace", "team/risk"}}},
		Variables:    map[string]string{"AWS_REGION": "eu-west-1", "ASHLAR_DEPLOY": "true"},
		CodeOwners:   "* @acme/risk\n",
	}
}

func words(steps []github.Step) string {
	var out []string
	for _, s := range steps {
		out = append(out, s.What)
	}
	return strings.Join(out, ", ")
}

func TestARepositoryIsSetUpOnce(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	steps, err := c.Differences(t.Context(), setup())
	const all = "file .github/CODEOWNERS, variable ASHLAR_DEPLOY, variable AWS_REGION, environment dev, environment prod, protection of branch main"
	if err != nil || words(steps) != all {
		t.Fatalf("%s, %v", words(steps), err)
	}
	if changes := s.Changes(); len(changes) > 0 {
		t.Errorf("looking changes %v", changes)
	}
	// It is cut short in the middle, and continues from there.
	s.Misbehave(githubtest.Trouble{Method: "PUT", Path: "/environments/prod", Status: 422,
		Body: `{"message": "Validation Failed"}`})
	if n, err := c.Apply(t.Context(), steps); n != 4 || err == nil ||
		!strings.Contains(err.Error(), "environment prod: GitHub answers 422") {
		t.Errorf("%d steps, %v", n, err)
	}
	if steps, err = c.Differences(t.Context(), setup()); err != nil ||
		words(steps) != "environment prod, protection of branch main" {
		t.Fatalf("%s, %v", words(steps), err)
	}
	if _, err := c.Apply(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	if steps, err = c.Differences(t.Context(), setup()); err != nil || len(steps) != 0 {
		t.Errorf("set up, there is still %s, %v", words(steps), err)
	}
	if got := s.Files("main")[github.CodeOwnersPath]; got != "* @acme/risk\n" {
		t.Errorf("code owners %q", got)
	}
	// What somebody changed by hand is found, and said.
	other := setup()
	other.Variables["AWS_REGION"] = "us-east-1"
	other.Environments[1].Reviewers = []string{"grace"}
	steps, err = c.Differences(t.Context(), other)
	if err != nil || words(steps) != "variable AWS_REGION, environment prod" || steps[0].Now != "eu-west-1" ||
		steps[0].Want != "us-east-1" {
		t.Errorf("%+v, %v", steps, err)
	}
}

// Two runs at once meet each other's work, and slow answers are waited for.
func TestConflictsAreNoFailures(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	steps, err := c.Differences(t.Context(), setup())
	if err != nil {
		t.Fatal(err)
	}
	s.Misbehave(
		githubtest.Trouble{Method: "POST", Path: "/actions/variables", Status: 409, Done: true,
			Body: `{"message": "Already exists"}`},
		githubtest.Trouble{Method: "PUT", Path: "/environments/dev", Delay: 300 * time.Millisecond},
		githubtest.Trouble{Method: "PUT", Path: "/environments/prod", Status: 500, Done: true},
	)
	if n, err := c.Apply(t.Context(), steps); err != nil || n != len(steps) || s.Left() != 0 {
		t.Errorf("%d of %d steps, %v, %d troubles left", n, len(steps), err, s.Left())
	}
	if steps, err = c.Differences(t.Context(), setup()); err != nil || len(steps) != 0 {
		t.Errorf("there is still %s, %v", words(steps), err)
	}
}

func TestNothingIsAskedLessOfThanBefore(t *testing.T) {
	s := githubtest.New(t)
	s.Guard("main", 2, "theirs")
	c, _ := client(t, s)
	steps, err := c.Differences(t.Context(), github.Setup{Branch: "main", Checks: []string{"check"}})
	if err != nil || len(steps) != 1 || !strings.Contains(steps[0].Want, "2 approvals") ||
		!strings.Contains(steps[0].Want, "checks check, theirs") {
		t.Fatalf("%+v, %v", steps, err)
	}
	if _, err := c.Apply(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	if steps, err = c.Differences(t.Context(),
		github.Setup{Branch: "main", Checks: []string{"check"}}); err != nil || len(steps) != 0 {
		t.Errorf("%+v, %v", steps, err)
	}
}

func TestReviewersThatAreNotThereAreNamed(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	_, err := c.Differences(t.Context(),
		github.Setup{Branch: "main", Environments: []github.Environment{{Name: "a", Reviewers: []string{"nobody"}},
			{Name: "b", Reviewers: []string{"team/ghosts"}}}})
	if err == nil || !strings.Contains(err.Error(), "user nobody") || !strings.Contains(err.Error(), "team ghosts") {
		t.Errorf("got %v", err)
	}
}

func TestAProposalIsOnePullRequestOnTopOfItsBase(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	p := github.Proposal{Base: "main", Branch: "ashlar/promote-m-2", Title: "Serve m 2", Body: "evidence",
		Message: "Serve m version 2", Files: map[string][]byte{"shop/pins.cue": []byte("v2\n")}}
	propose := func() (github.Outcome, error) { return c.Propose(t.Context(), p) }
	twice(t, s, github.Created, propose)
	if files := s.Files(p.Branch); files["shop/pins.cue"] != "v2\n" || files["README.md"] != "hello\n" {
		t.Errorf("files %v", files)
	}
	p.Body = "more evidence"
	twice(t, s, github.Updated, propose)
	p.Files["shop/pins.cue"] = []byte("v2, again\n")
	twice(t, s, github.Updated, propose)
	s.Advance("main")
	twice(t, s, github.Updated, propose)
	if pulls := s.Pulls(); len(pulls) != 1 || s.Body(1) != "more evidence" ||
		s.Files(p.Branch)["shop/pins.cue"] != "v2, again\n" {
		t.Errorf("pulls %v, %v", pulls, s.Files(p.Branch))
	}
	p.Base = "gone"
	if _, err := propose(); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a base that is not there: %v", err)
	}
}

func TestIssuesAndWorkflowsAreAskedFor(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	body := "one"
	issue := func() (github.Outcome, error) { return c.Issue(t.Context(), "Infrastructure has drifted", body) }
	twice(t, s, github.Created, issue)
	body = "two"
	twice(t, s, github.Updated, issue)
	if got := s.Issues(); len(got) != 1 || got["Infrastructure has drifted"] != "two" {
		t.Errorf("issues %v", got)
	}
	if err := c.Retrain(t.Context(), "ashlar-retrain.yml", "main", "prod"); err != nil || len(s.Dispatched()) != 1 {
		t.Errorf("%v, %v", err, s.Dispatched())
	}
	if err := c.Retrain(t.Context(), "other.yml", "main", "prod"); err == nil ||
		!strings.Contains(err.Error(), "run other.yml on main") {
		t.Errorf("got %v", err)
	}
}

// The role that a job signs in as is a variable of the job's environment.
func TestAnEnvironmentHasVariablesOfItsOwn(t *testing.T) {
	s := githubtest.New(t)
	c, _ := client(t, s)
	want := github.Setup{Branch: "main", Environments: []github.Environment{
		{Name: "image"}, {Name: "prod", Variables: map[string]string{"ASHLAR_AWS_ROLE": "arn:aws:iam::1:role/deploy"}},
	}}
	for _, round := range []string{
		"environment image, environment prod, variable ASHLAR_AWS_ROLE of environment prod, protection of branch main",
		"variable ASHLAR_AWS_ROLE of environment prod",
	} {
		steps, err := c.Differences(t.Context(), want)
		if err != nil || words(steps) != round {
			t.Fatalf("%s, %v", words(steps), err)
		}
		if _, err := c.Apply(t.Context(), steps); err != nil {
			t.Fatal(err)
		}
		if steps, err := c.Differences(t.Context(), want); err != nil || len(steps) != 0 {
			t.Errorf("there is still %s, %v", words(steps), err)
		}
		want.Environments[1].Variables["ASHLAR_AWS_ROLE"] += "-2"
	}
}
