//go:build integration

package cluster

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
	"github.com/ashlar-dev/ashlar/tests/actions"
)

// pullRequest is the number of the one that gets a preview.
const pullRequest = 7

// TestPreviewsShareACluster runs the jobs of the generated workflow of previews, step by
// step, against the cluster on which the repository's dev is: the pull request gets its
// own model of a sample, an endpoint that answers, and one comment; closing it leaves
// nothing of it, and dev as it was.
func TestPreviewsShareACluster(t *testing.T) {
	p := shared(t)
	x := p.team(t, "acme/credit")
	dev := x.configured(t, "dev")
	x.up(t, "dev", dev)
	x.bring(t, "/acme-credit/dev/credit-risk/data/applications", dataset)
	dev.job(t, pipeline)
	rows := dev.requests(t, asked)
	answers := dev.answers(t, rows)
	before := p.traces(t, "acme-credit")

	r, hub := x.previewer(t)
	x.night(t, r, hub, dev.namespace)
	x.comes(t, r, hub, rows, answers)
	x.goes(t, r, hub, before)
	if changes := x.preview(t, "dev"); len(changes) != 0 {
		t.Errorf("something of dev has changed: %v", changes)
	}
	if now := dev.answers(t, rows); !slices.Equal(now, answers) {
		t.Error("dev answers otherwise than before")
	}
	x.destroy(t, "dev")
	if left := p.traces(t, "acme-credit"); len(left) != 0 {
		t.Errorf("dev left %v", left)
	}
}

// comes opens the pull request: its endpoint answers, otherwise than dev, and the comment
// and the list of previews say what there is.
func (x *team) comes(t *testing.T, r *actions.Runner, hub *githubtest.Server, rows [][]byte, dev []string) {
	t.Helper()
	said, err := r.Run("ashlar-preview.yml", "up")
	if err != nil {
		t.Fatal(err)
	}
	pr := &site{ground: x.ground, server: x.server, name: "acme-credit", namespace: "acme-credit-credit-risk-pr-7",
		system: "acme-credit-pr-7-system", registry: inSchema(t, x.database, config.SchemaOf("acme-credit", "pr-7"))}
	t.Cleanup(func() { pr.explain(t, pr.namespace) })
	if now := pr.answers(t, rows); slices.Equal(now, dev) {
		t.Error("a model of a sample without ages answers as that of all rows with them")
	}
	if v := pr.show(t, "--registry", pr.registry); v.Status != "approved" || v.Author != "pipeline/"+pipeline {
		t.Errorf("the preview registered %+v", v)
	}
	pr.sampled(t)
	comments := hub.Comments(pullRequest)
	if len(comments) != 1 {
		t.Fatalf("comments %q\n%s", comments, said)
	}
	for _, want := range []string{"- namespace `" + pr.namespace + "`",
		"<https://scoring." + pr.namespace + ".example.com/>", "- cost: endpoints reserve ", " a day by prices of "} {
		if !strings.Contains(comments[0], want) {
			t.Errorf("the comment has no %q:\n%s", want, comments[0])
		}
	}
	there := x.previews(t, "list")
	for _, want := range []string{"namespace " + pr.namespace, "namespace " + pr.system, "objects acme-credit/pr-7/",
		"schema acme_credit__pr_7", "user "} {
		if !strings.Contains(there, "pr-7  "+want) {
			t.Errorf("the list has no %q:\n%s", want, there)
		}
	}
}

// goes closes the pull request: nothing of it is left, and of dev everything.
func (x *team) goes(t *testing.T, r *actions.Runner, hub *githubtest.Server, before []string) {
	t.Helper()
	said, err := r.Run("ashlar-preview.yml", "down")
	if err != nil || !strings.Contains(said, "nothing of pr-7 is left") {
		t.Fatalf("%v\n%s", err, said)
	}
	if left := x.previews(t, "list"); left != "there are no previews\n" {
		t.Errorf("after it is closed there are\n%s", left)
	}
	after := x.traces(t, "acme-credit")
	for _, one := range after {
		if strings.Contains(one, "pr-7") {
			t.Errorf("the preview left %s", one)
		}
	}
	// Pods come and go by themselves, and what controllers make of them.
	for _, one := range before {
		kind, _, _ := strings.Cut(one, "/")
		kind, _, _ = strings.Cut(kind, ".")
		if !slices.Contains(after, one) && !slices.Contains([]string{"pod", "replicaset", "endpointslice"}, kind) {
			t.Errorf("dev has lost %s", one)
		}
	}
	if len(before) < 20 {
		t.Errorf("dev had only %d objects", len(before))
	}
	if all := x.pulumi(t, "stack", "ls"); strings.Contains(all, "pr-7") {
		t.Errorf("its stack is left:\n%s", all)
	}
	if all := hub.Comments(pullRequest); len(all) != 1 || !strings.Contains(all[0], "nothing of it is left") {
		t.Errorf("comments %q", all)
	}
}

// answers are those of the endpoint, as soon as it has a model.
func (s *site) answers(t *testing.T, rows [][]byte) []string {
	t.Helper()
	eventually(t, patience, func() error {
		code, said, err := readiness(t, s.address(t))
		if err == nil && code != http.StatusOK {
			err = fmt.Errorf("%d %+v", code, said)
		}
		return err
	})
	return predictions(t, s.calling(t, s.address(t)), rows)
}

// sampled asserts that what was read is about half of the example's 4,454 rows.
func (s *site) sampled(t *testing.T) {
	t.Helper()
	location, query, _ := strings.Cut(s.server.location(), "?")
	kept, err := store.Open(t.Context(), location+"/acme-credit/pr-7/credit-risk/store?"+query)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	all, err := run.List(t.Context(), kept, model, 1)
	if err != nil || len(all) != 1 {
		t.Fatalf("runs %+v: %v", all, err)
	}
	prepared := all[0].Stage(plan.StagePrepare)
	if prepared == nil {
		t.Fatalf("the run prepared nothing: %+v", all[0])
	}
	var train, test int
	if _, err := fmt.Sscanf(strings.ReplaceAll(prepared.Detail, ",", ""), "%d rows to train on %d to test on",
		&train, &test); err != nil || train+test < 2000 || train+test > 2450 {
		t.Errorf("the sample has %q: %v", prepared.Detail, err)
	}
}

// previews runs `ashlar preview` about those of the cluster.
func (x *team) previews(t *testing.T, args ...string) string {
	t.Helper()
	return x.run(t, x.ashlar, append(append([]string{"preview"}, args...), "--name", "acme-credit", "--store",
		x.server.location(), "--registry", x.database, "--context", x.context)...)
}

// bring uploads the example's data to a folder of the store.
func (x *team) bring(t *testing.T, folder, name string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(x.root, example, dataset))
	if err != nil {
		t.Fatal(err)
	}
	location, query, _ := strings.Cut(x.server.location(), "?")
	upload(t, location+folder+"?"+query, name, content)
}

// previewer is the runner of the repository's workflows for the pull request, and the hub
// that it comments on. What it skips are downloads; the programs are on its path.
func (x *team) previewer(t *testing.T) (*actions.Runner, *githubtest.Server) {
	t.Helper()
	x.bring(t, "/shared", "credit_data.csv")
	location, query, _ := strings.Cut(x.server.location(), "?")
	x.edit(t, "				sample: 0.5", fmt.Sprintf("				source: %q\n				sample: 0.5",
		location+"/shared/credit_data.csv?"+query))
	x.configured(t, "preview", "name", "acme-credit")
	x.pulumi(t, "config", "rm", "environment", "--stack", "preview")
	x.run(t, x.ashlar, "generate", "workflows", "--ashlar", "v1.2.0")
	bin, state, kubeconfig := t.TempDir(), t.TempDir(), os.Getenv("KUBECONFIG")
	x.command(t, "go", "build", "-o", filepath.Join(bin, "pulumi-analyzer-policy-cue"),
		"./cmd/pulumi-analyzer-policy-cue")
	config, err := os.ReadFile(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	event := filepath.Join(state, "event.json")
	if err := os.WriteFile(event, fmt.Appendf(nil, `{"pull_request": {"number": %d}}`,
		pullRequest), 0o600); err != nil {
		t.Fatal(err)
	}
	hub := githubtest.New(t)
	for n := range pullRequest {
		hub.Open("ada", fmt.Sprint("topic-", n), "Change the blueprint")
	}
	path := []string{bin, filepath.Dir(x.ashlar), filepath.Dir(x.stack), x.tools}
	if kubectl, err := exec.LookPath("kubectl"); err == nil {
		path = append(path, filepath.Dir(kubectl))
	}
	return &actions.Runner{T: t, Dir: x.dir, Path: strings.Join(path, string(os.PathListSeparator)),
		Skip: []string{"Install the programs of the release", "Install Pulumi",
			"Put the Pulumi program where Pulumi.yaml names it"},
		Values: map[string]string{"github.event.pull_request.number": fmt.Sprint(pullRequest),
			"vars.PULUMI_BACKEND_URL": "file://" + x.state, "secrets.PULUMI_ACCESS_TOKEN": "",
			"secrets.PULUMI_CONFIG_PASSPHRASE": "correct horse", "secrets.KUBE_CONFIG": string(config),
			"secrets.AWS_ACCESS_KEY_ID": x.server.keys.id, "secrets.AWS_SECRET_ACCESS_KEY": x.server.keys.secret,
			"vars.ASHLAR_PREVIEW_URL": "https://ENDPOINT.NAMESPACE.example.com/", "github.token": githubtest.Token,
			"github.server_url": "https://github.test", "github.repository": "acme/credit", "github.run_id": "1",
			"runner.os": "Linux", "runner.arch": "X64"},
		Env: map[string]string{"PULUMI_HOME": t.TempDir(), "PULUMI_SKIP_UPDATE_CHECK": "1", "POLL": "1",
			"GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_API_URL": hub.URL,
			"GITHUB_REPOSITORY": "acme/shop", "GITHUB_EVENT_PATH": event}}, hub
}
