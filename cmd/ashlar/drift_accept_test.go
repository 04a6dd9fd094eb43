package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/stacks/drift"
	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
)

// scaled is a finding of the bound of prod's autoscaler.
func scaled(found string) drift.Finding {
	return drift.Finding{Object: "HorizontalPodAutoscaler n/e", Path: "spec.maxReplicas", Change: drift.Changed,
		Expected: "5", Found: found, By: "kubectl-edit", Class: drift.Cost, Why: "w", Advice: "a",
		Origin: drift.Origin{Blueprint: "p", Environment: "prod", Field: "endpoints.e.replicas.max"}}
}

// drifting is a repository with the blueprint p in a folder, GitHub with the same, and
// what runs in the cluster.
type drifting struct {
	*githubtest.Server
	t      *testing.T
	dir    string // the blueprint's
	report func(...drift.Finding)
}

func newDrifting(t *testing.T) *drifting {
	t.Helper()
	d := &drifting{Server: githubtest.New(t), t: t, report: reporting(t)}
	t.Setenv("GITHUB_TOKEN", githubtest.Token)
	root := t.TempDir()
	d.dir = filepath.Join(root, "shop", "p")
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(d.dir, "p.cue"), flagBlueprint)
	for _, args := range []string{"init -q", "add .", "-c user.name=a -c user.email=a@b.c commit -q -m one"} {
		if said, err := exec.CommandContext(t.Context(), "git",
			append([]string{"-C", root}, strings.Fields(args)...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}
	d.Hold("main", map[string]string{"shop/p/p.cue": flagBlueprint})
	t.Chdir(root)
	return d
}

// run runs `ashlar drift` with the findings in the cluster and returns what it says.
func (d *drifting) run(code int, found []drift.Finding, flags ...string) string {
	d.t.Helper()
	d.report(found...)
	var out, errw bytes.Buffer
	args := append([]string{"drift", "--env", "prod", "--repo", "acme/shop", "--api", d.URL}, flags...)
	if got := run(d.t.Context(), args, closed{}, &out, &errw); got != code {
		d.t.Errorf("exit code %d, want %d\n%s%s", got, code, out.String(), errw.String())
	}
	return out.String() + errw.String()
}

func (d *drifting) says(text, want string) {
	d.t.Helper()
	if !strings.Contains(text, want) {
		d.t.Errorf("%q is not in\n%s", want, text)
	}
}

func TestDriftKeepsOnePullRequest(t *testing.T) {
	d := newDrifting(t)
	both := []string{"--issue", "--pull-request"}
	text := d.run(1, []drift.Finding{scaled("9"), port}, both...)
	d.says(text, "pull request created  https://github.test/acme/shop/pull/1")
	d.says(text, "issue created")
	if issue := d.Issues()["Configuration drift in prod"]; strings.Contains(issue, "maxReplicas") ||
		!strings.Contains(issue, "Service n/s") {
		t.Errorf("the issue says\n%s", issue)
	}
	body := d.Body(1)
	for _, want := range []string{"Close, then `pulumi up`: the cluster goes back",
		"### `endpoints.e.replicas.max` in `prod`: `9`",
		"- Found: `HorizontalPodAutoscaler n/e` `spec.maxReplicas` is `9`, set by `kubectl-edit`; the blueprint gives `5`.",
		"- Merge: `endpoints.e.replicas.max` in `shop/p/p.cue` becomes `9`.",
		"- Close, then `pulumi up`: `spec.maxReplicas` becomes `5` again."} {
		d.says(body, want)
	}
	if strings.Contains(body, "Service") {
		t.Errorf("a finding of security is offered:\n%s", body)
	}
	d.Changes()
	d.says(d.run(1, []drift.Finding{scaled("9"), port}, both...), "pull request unchanged")
	if changes := d.Changes(); len(changes) > 0 {
		t.Errorf("nothing is new, but it asks for %v", changes)
	}
	d.says(d.run(1, []drift.Finding{scaled("12"), port}, both...), "pull request updated")
	if open := d.OpenPulls(); !slices.Equal(open, []int{1}) {
		t.Errorf("open are %v", open)
	}

	// What is merged compiles and gives the value that runs.
	merged := d.Files("ashlar/drift-prod")["shop/p/p.cue"]
	if want := strings.Replace(flagBlueprint, "max: 5}", "max: 12}", 1); merged != want {
		t.Errorf("the branch has\n%s", merged)
	}
	write(t, filepath.Join(d.dir, "p.cue"), merged)
	p, err := blueprints.LoadDir(d.dir, "prod")
	if err != nil || p.Endpoints["e"].Replicas.Max != 12 {
		t.Errorf("%v", err)
	}
	write(t, filepath.Join(d.dir, "p.cue"), flagBlueprint)

	d.says(d.run(1, []drift.Finding{port}, both...), "pull request closed")
	d.says(d.run(0, nil, both...), "pull request unchanged")
	if open := d.OpenPulls(); len(open) > 0 {
		t.Errorf("open are %v", open)
	}
}

func TestADeclinedValueIsInTheIssueAgain(t *testing.T) {
	d := newDrifting(t)
	d.run(1, []drift.Finding{scaled("9")}, "--issue", "--pull-request")
	if open := d.OpenIssues(); len(open) > 0 {
		t.Errorf("the issue is about what the pull request offers: %v", d.Issues())
	}
	d.Decline(1)
	text := d.run(1, []drift.Finding{scaled("9")}, "--issue", "--pull-request")
	d.says(text, "pull request declined")
	d.says(text, "issue created")
	d.says(d.Issues()["Configuration drift in prod"], "maxReplicas")
	d.says(d.run(1, []drift.Finding{scaled("10")}, "--pull-request"), "pull request created")
}

func TestWhatAPullRequestNeedsIsSaid(t *testing.T) {
	d := newDrifting(t)
	// The blueprint does not take the value: it stays a finding, and a note says why.
	text := d.run(1, []drift.Finding{scaled("5000")}, "--issue", "--pull-request", "--output", "json")
	d.says(text, "would not be sound")
	var said struct {
		Offers      []drift.Offer
		PullRequest struct{ Action string } `json:"pull_request"`
		Issue       struct{ Action string }
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&said); err != nil || len(said.Offers) > 0 ||
		said.PullRequest.Action != "unchanged" || said.Issue.Action != "created" {
		t.Errorf("%v, %+v", err, said)
	}
	// The work tree is not the base branch.
	write(t, filepath.Join(d.dir, "p.cue"), flagBlueprint+"\n// mine\n")
	d.says(d.run(2, []drift.Finding{scaled("9")}, "--pull-request"), "shop/p/p.cue is not what it is in main")
	write(t, filepath.Join(d.dir, "p.cue"), flagBlueprint)
	d.says(d.run(2, []drift.Finding{scaled("9")}, "--pull-request", "--base", "gone"), "404")
	t.Setenv("GITHUB_TOKEN", "")
	d.says(d.run(2, []drift.Finding{scaled("9")}, "--pull-request"), "not signed in: set GITHUB_TOKEN")
}

func TestAPreviewIsOfferedToo(t *testing.T) {
	d := newDrifting(t)
	file := filepath.Join(t.TempDir(), "preview.json")
	write(t, file, strings.Replace(scaledPreview, `"pb"`, `"p"`, 1))
	d.says(d.run(1, nil, "--pull-request", "--preview", file, "shop/p"), "pull request created")
	d.says(d.Body(1), "`spec.maxReplicas` is `9`; the blueprint gives `5`.")
	d.says(d.run(1, nil, "--pull-request", "--preview", file), "pull request unchanged") // it finds the folder
}
