//go:build integration

package workflows

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
	"github.com/ashlar-dev/ashlar/templates/workflows"
	"github.com/ashlar-dev/ashlar/tests/actions"
)

// deployer is a repository with a Pulumi program, its workflows, a state behind
// a passphrase and the real engine.
type deployer struct {
	*actions.Runner
	tools string
}

func newDeployer(t *testing.T) *deployer {
	t.Helper()
	tools := os.Getenv("ASHLAR_TEST_TOOLS")
	if cache, err := os.UserCacheDir(); tools == "" && err == nil {
		tools = filepath.Join(cache, "ashlar-tools")
	}
	if _, err := os.Stat(filepath.Join(tools, "pulumi")); err != nil {
		t.Skip("skipped: there is no Pulumi CLI in ASHLAR_TEST_TOOLS; tests/tools/build.sh builds it")
	}
	root := t.TempDir()
	d := &deployer{tools: tools, Runner: &actions.Runner{T: t, Dir: filepath.Join(root, "project"),
		Path: filepath.Join(root, "bin") +
			string(os.PathListSeparator) + tools, Env: map[string]string{"PULUMI_HOME": filepath.Join(root, "home"),
			"PULUMI_SKIP_UPDATE_CHECK": "true"}}}
	state := filepath.Join(root, "state")
	for _, dir := range []string{d.Dir, state} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	d.Values = map[string]string{"vars.PULUMI_BACKEND_URL": "file://" + state, "secrets.PULUMI_ACCESS_TOKEN": "",
		"secrets.PULUMI_CONFIG_PASSPHRASE": "open sesame", "matrix.stack": "dev", "github.token": githubtest.Token}
	d.Env["RUNNER_TEMP"], d.Env["GITHUB_API_URL"], d.Env["GITHUB_REPOSITORY"] = root, githubtest.New(t).URL, "acme/shop"
	for pkg, file := range map[string]string{"../../cmd/ashlar": filepath.Join(root, "bin", "ashlar"),
		"./testdata/program":                   filepath.Join(d.Dir, "bin", "program"),
		"../../cmd/pulumi-analyzer-policy-cue": filepath.Join(root, "bin", "pulumi-analyzer-policy-cue")} {
		if out, err := exec.Command("go", "build", "-o", file, pkg).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	files, err := workflows.Repository{Dir: ".", Version: "v1.2.0", Pulumi: true, Policies: "policies",
		Plans: map[string]*plan.Plan{"dev": nil}}.Files()
	if err != nil {
		t.Fatal(err)
	}
	files["Pulumi.yaml"] = []byte("name: shop\nruntime: {name: go, options: {binary: bin/program}}\n")
	files["policies/PulumiPolicy.yaml"] = []byte("name: shop\nruntime: cue\n")
	for name, text := range files {
		file := filepath.Join(d.Dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// TestAMergeDeploysAndANightFindsNoDrift runs the steps with the real engine:
// the state opens with the passphrase of the step alone, the policy pack is run,
// and the night compares with the image that the merge deployed.
func TestAMergeDeploysAndANightFindsNoDrift(t *testing.T) {
	d := newDeployer(t)
	init := exec.Command(filepath.Join(d.tools, "pulumi"), "stack", "init", "dev")
	init.Dir = d.Dir
	init.Env = append(os.Environ(), "PULUMI_BACKEND_URL="+d.Values["vars.PULUMI_BACKEND_URL"], "PULUMI_HOME="+
		d.Env["PULUMI_HOME"], "PULUMI_CONFIG_PASSPHRASE="+d.Values["secrets.PULUMI_CONFIG_PASSPHRASE"])
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	stack := filepath.Join(d.Dir, "Pulumi.dev.yaml")
	checkedIn, err := os.ReadFile(stack)
	if err != nil {
		t.Fatal(err)
	}
	d.Values["needs.image.outputs.pinned"] = "hub.example.com/runtime@sha256:1"
	said, err := d.Only("ashlar-merge.yml", "deploy-dev", "Apply")
	if err != nil || !strings.Contains(said, "Policies:") || !strings.Contains(said, "runtime@sha256:1") {
		t.Fatalf("%v\n%s", err, said)
	}
	// The night's job checks the repository out, in which there is no image.
	if err := os.WriteFile(stack, checkedIn, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := d.Only("ashlar-drift.yml", "preview", "Compare"); err != nil ||
		!strings.Contains(said, "0 findings") {
		t.Errorf("drift of nothing: %v\n%s", err, said)
	}
	// The engine says which program judges for the policy pack.
	compared, err := os.ReadFile(filepath.Join(d.Env["RUNNER_TEMP"], "preview.json"))
	if err != nil || !bytes.Contains(compared, []byte("pulumi-analyzer-policy-cue")) {
		t.Errorf("the night runs no policies: %v\n%s", err, compared)
	}
	if text, err := os.ReadFile(stack); err != nil || !strings.Contains(string(text), "runtime@sha256:1") {
		t.Errorf("it compares with the image of %s: %v", text, err)
	}
	d.Values["secrets.PULUMI_CONFIG_PASSPHRASE"] = "another"
	if said, err := d.Only("ashlar-drift.yml", "preview", "Compare"); err == nil {
		t.Errorf("another passphrase opens the state:\n%s", said)
	}
}
