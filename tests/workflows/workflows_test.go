//go:build integration

// Package workflows runs what the generated workflows say: every run step of
// their jobs, in order, in a clone of this repository.
package workflows

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
	"github.com/ashlar-dev/ashlar/tests/actions"
)

// gh is as much of GitHub's command as the workflows use: which pull request a
// commit came by, which run was made of its head, and what that run kept.
const gh = `#!/bin/bash
set -e
case "$1 $2" in
"api repos/$GITHUB_REPOSITORY/commits/$GITHUB_SHA/pulls") cat "$GH_STATE/head" ;;
"run list") if [ -s "$GH_STATE/head" ]; then echo 7; fi ;;
"run download")
  while [ $# -gt 0 ]; do case "$1" in --dir) to=$2 ;; --name) name=$2 ;; esac; shift; done
  mkdir -p "$to"; cp "$GH_STATE/artifacts/$name"/* "$to" ;;
"api --method") cp "${@: -1}" "$GH_STATE/posted" ;;
*) echo "gh $*: not known here" >&2; exit 1 ;;
esac
`

const credit = "blueprints/examples/credit/credit.cue"

// scratch is a clone of this repository with a pull request in the making.
type scratch struct {
	*actions.Runner
	hub   *githubtest.Server
	state string
}

func newScratch(t *testing.T) *scratch {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		t.Skip("skipped: these sources are no git repository that could be cloned")
	}
	state := t.TempDir()
	s := &scratch{hub: githubtest.New(t), state: state, Runner: &actions.Runner{
		T: t, Dir: filepath.Join(t.TempDir(), "clone"), Artifacts: filepath.Join(state, "artifacts"),
		Path: filepath.Join(state, "bin"),
	}}
	s.hub.Open("ada", "topic", "Change the blueprint")
	if out, err := exec.Command("git", "-c", "safe.directory=*", "clone", "-q", "--no-hardlinks", root,
		s.Dir).CombinedOutput(); err != nil {
		t.Fatalf("clone: %v\n%s", err, out)
	}
	s.write(filepath.Join(s.Path, "gh"), gh, 0o755)
	s.write(filepath.Join(state, "head"), "", 0o600)
	s.git("config", "user.name", "Ada")
	s.git("config", "user.email", "ada@example.com")
	s.git("checkout", "-q", "-B", "main")
	base := s.git("rev-parse", "HEAD")
	s.Values = map[string]string{
		"": "", "github.token": githubtest.Token, "github.actor": "ada", "github.event.pull_request.base.sha": base,
		"github.event.pull_request.base.sha || github.event.merge_group.base_sha":                                   base,
		"github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository": "true",
		"github.ref == format('refs/heads/{0}', github.event.repository.default_branch)":                            "true",
		"github.event.pull_request.number || 'queue'":                                                               "1", "github.event.pull_request.number": "1", "github.run_id": "7",
		// The data of the example is in the repository.
		"vars.ASHLAR_DATA_ENVIRONMENT != '' && vars.ASHLAR_AWS_ROLE != ''":         "false",
		"vars.ASHLAR_PRIVATE_DATA == 'true' && vars.ASHLAR_AWS_ROLE != ''":         "false",
		"vars.ASHLAR_PRIVATE_DATA == 'true' && vars.ASHLAR_DATA_ENVIRONMENT == ''": "false",
		"inputs.environment || github.event.client_payload.environment || 'dev'":   "dev",
	}
	event := filepath.Join(state, "event.json")
	s.write(event, `{"pull_request": {"number": 1}}`, 0o600)
	s.Env = map[string]string{"GITHUB_REPOSITORY": "acme/shop", "GITHUB_API_URL": s.hub.URL, "GITHUB_EVENT_PATH": event,
		"GITHUB_REF": "refs/pull/1/merge", "GH_STATE": state}
	return s
}

func (s *scratch) write(file, text string, mode os.FileMode) {
	s.T.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.T.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		s.T.Fatal(err)
	}
}

func (s *scratch) git(args ...string) string {
	s.T.Helper()
	cmd := exec.Command("git", append([]string{"-C", s.Dir}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.T.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit edits the blueprint and commits it.
func (s *scratch) commit(from, to string) string {
	s.T.Helper()
	file := filepath.Join(s.Dir, credit)
	text, err := os.ReadFile(file)
	if err != nil || strings.Count(string(text), from) != 1 {
		s.T.Fatalf("%s does not hold %q once: %v", credit, from, err)
	}
	s.write(file, strings.Replace(string(text), from, to, 1), 0o600)
	s.git("commit", "-q", "-a", "-m", "Change")
	sha := s.git("rev-parse", "HEAD")
	s.Values["github.event.pull_request.head.sha"], s.Env["GITHUB_SHA"] = sha, sha
	return sha
}

// must runs jobs of a workflow in order and returns what the last said.
func (s *scratch) must(name string, jobs ...string) (said string) {
	s.T.Helper()
	for _, job := range jobs {
		var err error
		if said, err = s.Run(name, job); err != nil {
			s.T.Fatal(err)
		}
	}
	return said
}

func TestAPullRequestAndItsMergeRunAsTheyAreWritten(t *testing.T) {
	const pull, merge = "ashlar-pull-request.yml", "ashlar-merge.yml"
	s := newScratch(t)
	s.git("checkout", "-q", "-b", "topic")
	s.commit("replicas: {min: 2, max: 10}", "replicas: {min: 2, max: 11}")
	head := s.commit("roc_auc: >=0.78 & <1", "roc_auc: >=0.7 & <1")

	if said := s.must(pull, "programs", "check"); !strings.Contains(said,
		"**loosened** `model default-risk` `gate roc_auc: >=0.78 & <1 -> >=0.7 & <1`") {
		t.Errorf("the summary does not show the loosened gate:\n%s", said)
	}
	if said := s.must(pull, "data"); !strings.Contains(said, "6/6 register  done") {
		t.Errorf("nothing is trained:\n%s", said)
	}
	s.must(pull, "comment", "comment") // a run that is started again
	if comments := s.hub.Comments(1); len(comments) != 1 || !strings.Contains(comments[0], "1 loosening") ||
		!strings.Contains(comments[0], "`HorizontalPodAutoscaler credit-risk-endpoint-scoring` `updated: spec.maxReplicas`") {
		t.Errorf("comments %q", comments)
	}
	if runs := s.hub.Runs(); len(runs) != 1 || runs[0]["head_sha"] != head {
		t.Errorf("check runs %v", runs)
	}
	s.must(pull, "sarif")
	if posted, err := os.ReadFile(filepath.Join(s.state, "posted")); err != nil ||
		!strings.Contains(string(posted), `"sarif"`) {
		t.Errorf("for code scanning: %s, %v", posted, err)
	}

	// A commit that came by no pull request is not applied.
	s.git("checkout", "-q", "main")
	if said, err := s.Run(merge, "reviewed"); err == nil || !strings.Contains(said, "came by no pull request") {
		t.Errorf("%v\n%s", err, said)
	}
	// What was reviewed is.
	s.git("merge", "-q", "--no-ff", "--no-edit", "topic")
	s.Env["GITHUB_SHA"], s.Env["GITHUB_REF"] = s.git("rev-parse", "HEAD"), "refs/heads/main"
	s.write(filepath.Join(s.state, "head"), head+"\n", 0o600)
	s.must(merge, "reviewed")
	if said := s.must(merge, "run"); !strings.Contains(said, "serves default-risk version 1 and answered") {
		t.Errorf("it does not run:\n%s", said)
	}
	// Something else that got in between is not.
	s.commit("n_estimators: 100", "n_estimators: 99")
	if said, err := s.Run(merge, "reviewed"); err == nil || !strings.Contains(said, "differs from the reviewed plan") {
		t.Errorf("another plan is applied: %v\n%s", err, said)
	}
	s.must("ashlar-retrain.yml", "train")
	want := []string{"programs: Build the programs", "check: Check the blueprint and its policies",
		"check: Record the plans for the merge",
		"check: Show the consequence", "data: Validate, train, evaluate and gate", "reviewed: Refuse any other plan",
		"run: Build the image", "run: Run it locally"}
	at := 0
	for _, one := range want {
		i := slices.Index(s.Ran[at:], one)
		if i < 0 {
			t.Fatalf("%q did not run after %v:\n%s", one, want[:at], fmt.Sprint(s.Ran))
		}
		at += i
	}
}
