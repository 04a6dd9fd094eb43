// Package github proves `ashlar github` against a double of GitHub that keeps
// state: the verbs as a workflow runs them, each twice.
package github

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
	"github.com/ashlar-dev/ashlar/tests/ashlar"
)

// shop is a repository with a blueprint in its folder credit, the double that
// hosts it and everything that the CLI ever said.
type shop struct {
	t        *testing.T
	cli, dir string
	hub      *githubtest.Server
	said     strings.Builder
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, cli: ashlar.Build(t), dir: t.TempDir(), hub: githubtest.New(t)}
	s.git("init", "-q", "-b", "main")
	s.git("config", "user.name", "Ada")
	s.git("config", "user.email", "ada@example.com")
	s.run(0, "", "init", "credit", "--example", "credit")
	s.git("add", "-A")
	s.git("commit", "-q", "-m", "Begin")
	t.Cleanup(func() {
		if strings.Contains(s.said.String(), githubtest.Token) {
			t.Error("the token was said")
		}
	})
	return s
}

func (s *shop) git(args ...string) {
	s.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = s.dir
	if said, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, said)
	}
}

// run runs the CLI with the text on standard input; it must end with the code.
func (s *shop) run(code int, in string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(s.cli, args...)
	cmd.Dir, cmd.Stdin = s.dir, strings.NewReader(in)
	cmd.Env = append(os.Environ(), "GITHUB_REPOSITORY=acme/shop", "GITHUB_API_URL="+s.hub.URL,
		"GITHUB_TOKEN="+githubtest.Token,
		"GITHUB_EVENT_PATH=", "GITHUB_SHA=", "ASHLAR_DATABASE=", "ASHLAR_USER=ada")
	said, _ := cmd.CombinedOutput()
	s.said.Write(said)
	if got := cmd.ProcessState.ExitCode(); got != code {
		s.t.Fatalf("ashlar %s ended with %d, want %d:\n%s", strings.Join(args, " "), got, code, said)
	}
	return string(said)
}

// twice runs it, wants the word, and runs it again, which must change nothing.
func (s *shop) twice(code int, in, word string, args ...string) {
	s.t.Helper()
	if said := s.run(code, in, args...); !strings.Contains(said, word) {
		s.t.Errorf("ashlar %s does not say %q:\n%s", strings.Join(args, " "), word, said)
	}
	s.hub.Changes()
	s.run(code, in, args...)
	if changes := s.hub.Changes(); len(changes) > 0 {
		s.t.Errorf("ashlar %s, run again, asks for %v", strings.Join(args, " "), changes)
	}
}

func (s *shop) edit(file, from, to string) {
	s.t.Helper()
	file = filepath.Join(s.dir, file)
	text, err := os.ReadFile(file)
	if err != nil || strings.Count(string(text), from) != 1 {
		s.t.Fatalf("%s does not hold %q once: %v", file, from, err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func TestAPullRequestShowsItsConsequenceOnce(t *testing.T) {
	s := newShop(t)
	n, _ := s.hub.Open("eve", "topic", "<img src=x onerror=alert(1)> @everyone")
	// A fork's pull request loosens a gate and writes Markdown where words belong.
	s.edit("credit/credit.cue", "roc_auc: >=0.78 & <1", "roc_auc: >=0.7 & <1")
	s.edit("credit/credit.cue", `description: "Whether an application should be granted"`,
		"description: \"`</code>` [x](http://evil.example) <b>@acme</b> ![i](http://evil.example/i)\"")
	plan := s.run(0, "", "plan", "credit", "--base", "HEAD", "--output", "markdown")
	s.twice(0, plan, "comment created", "github", "comment", "--pr", "1")
	comments := s.hub.Comments(n)
	if len(comments) != 1 || !strings.Contains(comments[0],
		"**loosened** `model default-risk` `gate roc_auc: >=0.78 & <1 -> >=0.7 & <1`") {
		t.Fatalf("comments %q", comments)
	}
	for _, bare := range []string{"\n[x](http", " [x](http", "<b>@acme"} {
		if at := strings.Index(comments[0], bare); at >= 0 && !inCode(comments[0], at+1) {
			t.Errorf("%q is Markdown in %s", bare, comments[0])
		}
	}
	s.git("checkout", "-q", ".")
	if said := s.run(0, "", "plan", "credit", "--base", "HEAD", "--output", "markdown"); said != "" {
		t.Fatalf("nothing changed, and plan says %s", said)
	}
	s.twice(0, "", "comment updated", "github", "comment", "--pr", "1")
	if comments := s.hub.Comments(n); len(comments) != 0 {
		t.Errorf("comments %q", comments)
	}
}

// inCode reports whether the place is inside a code span of its line.
func inCode(text string, at int) bool {
	line := text[strings.LastIndexByte(text[:at], '\n')+1:]
	before := text[strings.LastIndexByte(text[:at], '\n')+1 : at]
	for fence := strings.Repeat("`", 12); fence != ""; fence = fence[1:] {
		if strings.Count(before, fence)%2 == 1 && strings.Contains(line[len(before):], fence) {
			return true
		}
	}
	return false
}

func TestTheVerdictIsACheckRunWithLines(t *testing.T) {
	s := newShop(t)
	s.twice(0, "", "check run created", "github", "check", "credit", "--sha", "c0")
	s.edit("credit/credit.cue", "prod: endpoints: scoring: replicas: min: 3",
		"prod: endpoints: scoring: replicas: min: 1")
	s.twice(1, "", "check run created", "github", "check", "credit", "--sha", "c1")
	s.edit("credit/credit.cue", `target:      "Status"`, `target:      "Statu"`)
	s.twice(2, "", "check run created", "github", "check", "credit", "--sha", "c2")
	var got []string
	for _, run := range s.hub.Runs() {
		got = append(got, run["conclusion"].(string))
	}
	if strings.Join(got, " ") != "neutral failure failure" {
		t.Errorf("conclusions %v", got)
	}
	last := s.hub.Runs()[2]["annotations"].([]any)[0].(map[string]any)
	if last["path"] != "credit/credit.cue" || last["start_line"].(float64) < 10 ||
		!strings.Contains(last["message"].(string), "Statu") {
		t.Errorf("annotation %v", last)
	}
}

func TestARepositoryIsBootstrapped(t *testing.T) {
	s := newShop(t)
	args := []string{"github", "bootstrap", "credit", "--reviewer", "grace", "--var", "AWS_REGION=eu-west-1"}
	dry := s.run(0, "", args...)
	for _, want := range []string{"file .github/CODEOWNERS", "variable AWS_REGION", "environment dev",
		"environment prod", "protection of branch main", "5 steps to do; --apply does it"} {
		if !strings.Contains(dry, want) {
			t.Errorf("a dry run does not say %q:\n%s", want, dry)
		}
	}
	if changes := s.hub.Changes(); len(changes) > 0 {
		t.Errorf("a dry run asks for %v", changes)
	}
	s.twice(0, "", "5 steps done", append(args, "--apply")...)
	if said := s.run(0, "", args...); !strings.Contains(said, "nothing to do") {
		t.Errorf("it says %s", said)
	}
	if owners := s.hub.Files("main")[".github/CODEOWNERS"]; !strings.Contains(owners, "* @acme/lending") {
		t.Errorf("code owners %q", owners)
	}
}

func TestAPromotionIsAPullRequestAndItsReviewsAreKept(t *testing.T) {
	s := newShop(t)
	s.run(1, "", "up", "credit", "--env", "prod", "--build")
	if said := s.run(1, "", "github", "promote", "default-risk", "1", "--dir", "credit"); !strings.Contains(said,
		"is not pinned in prod") {
		t.Errorf("nobody approved, and it says %s", said)
	}
	s.run(0, "", "model", "approve", "default-risk", "1", "--dir", "credit", "--by", "risk-officers",
		"--comment", "<b>fine</b>")
	promote := []string{"github", "promote", "default-risk", "1", "--dir", "credit"}
	s.twice(0, "", "pull request created", promote...)
	if pulls := s.hub.Pulls(); len(pulls) != 1 || pulls[0] != "Serve default-risk version 1 in prod" {
		t.Fatalf("pull requests %v", pulls)
	}
	body, files := s.hub.Body(1), s.hub.Files("ashlar/promote-prod-default-risk-1")
	for _, want := range []string{"| `roc_auc` | 0.8", "| `fairness.Age.demographic_parity_ratio` |",
		"`approved` by `risk-officers`", "`<b>fine</b>`", "reverting the merge"} {
		if !strings.Contains(body, want) {
			t.Errorf("the pull request does not say %q:\n%s", want, body)
		}
	}
	if !strings.Contains(files["credit/pins.cue"], "version:  1") ||
		!strings.Contains(files["credit/evidence/default-risk-1.json"], `"roc_auc"`) {
		t.Errorf("files %v", files)
	}
	// What is in the pull request passes the check once it is merged.
	for _, name := range []string{"credit/pins.cue", "credit/evidence/default-risk-1.json"} {
		file := filepath.Join(s.dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(files[name]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.run(0, "", "check", "credit")

	head := s.hub.Head("ashlar/promote-prod-default-risk-1")
	s.hub.Review(1, "grace", "APPROVED", head)
	approvals := []string{"github", "approvals", "default-risk", "1", "--dir", "credit", "--pr", "1",
		"--team", "head-of-lending=risk"}
	if said := s.run(2, "", approvals...); !strings.Contains(said, "is not merged") {
		t.Errorf("it says %s", said)
	}
	s.hub.Merge(1)
	s.twice(0, "", "the review by grace (head-of-lending) is recorded", approvals...)
	log := s.run(0, "", "model", "audit", "--verify", "--dir", "credit") + s.run(0, "", "model",
		"audit", "--dir", "credit")
	if strings.Count(log, "review by grace") != 1 {
		t.Errorf("the audit log says\n%s", log)
	}
	n, _ := s.hub.Open("eve", "topic", "Something else")
	s.hub.Merge(n)
	if said := s.run(2, "", "github", "approvals", "default-risk", "1", "--dir", "credit", "--pr",
		"2"); !strings.Contains(said, "pull request 2 does not promote default-risk version 1") {
		t.Errorf("it says %s", said)
	}
}

func TestMistakesSayWhatToDo(t *testing.T) {
	s := newShop(t)
	for want, args := range map[string][]string{
		"which pull request?":               {"github", "comment"},
		"name the commit":                   {"github", "check", "credit"},
		"want owner/name":                   {"github", "comment", "--pr", "1", "--repo", "acme"},
		"want an https URL":                 {"github", "comment", "--pr", "1", "--api", "http://example.com"},
		"name it with --title":              {"github", "issue"},
		"takes a model's name":              {"github", "promote", "default-risk"},
		"GitHub answers 404":                {"github", "dispatch", "--workflow", "other.yml"},
		"no such file":                      {"github", "comment", "nothing.md", "--pr", "1"},
		"ashlar github has no verb \"pin\"": {"github", "pin"},
	} {
		if said := s.run(2, "x", args...); !strings.Contains(said, want) {
			t.Errorf("ashlar %s does not say %q:\n%s", strings.Join(args, " "), want, said)
		}
	}
	s.run(0, "", "github", "dispatch", "--env", "prod")
	if asked := s.hub.Dispatched(); len(asked) != 1 || asked[0]["inputs"].(map[string]any)["environment"] != "prod" {
		t.Errorf("asked for %v", asked)
	}
	s.twice(0, "- bucket", "issue created", "github", "issue", "--title", "Infrastructure of prod has drifted")
}
