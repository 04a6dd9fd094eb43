//go:build integration

package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/templates/workflows"
)

const previewFile = "ashlar-preview.yml"

// newPreviewer is a repository whose pull requests have previews, with doubles of the
// programs that reach further, in the folder bin. pulumi runs the CLI.
func newPreviewer(t *testing.T) (d *deployer, bin string, pulumi func(...string) string) {
	t.Helper()
	d = newDeployer(t)
	files, err := workflows.Repository{Dir: ".", Version: "v1.2.0", Pulumi: true, Policies: "policies",
		Plans:     map[string]*plan.Plan{"prod": nil, "preview": nil},
		Providers: map[string]string{"prod": "kubernetes", "preview": "kubernetes"}}.Files()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(d.Dir, workflows.Folder, previewFile),
		string(files[workflows.Folder+"/"+previewFile]), 0o600)
	pulumi = func(args ...string) string {
		cmd := exec.Command(filepath.Join(d.tools, "pulumi"), args...)
		cmd.Dir = d.Dir
		cmd.Env = append(os.Environ(), "PULUMI_BACKEND_URL="+d.Values["vars.PULUMI_BACKEND_URL"], "PULUMI_HOME="+
			d.Env["PULUMI_HOME"], "PULUMI_CONFIG_PASSPHRASE="+d.Values["secrets.PULUMI_CONFIG_PASSPHRASE"])
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("pulumi %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	// As `ashlar init` writes it: a stack without an environment is refused.
	write(t, filepath.Join(d.Dir, "Pulumi.yaml"), "name: shop\nruntime: {name: go, options: {binary: bin/program}}\n"+
		"config:\n  environment:\n    type: string\n", 0o600)
	pulumi("stack", "init", "preview", "--secrets-provider", "passphrase")
	for _, pair := range [][2]string{{"name", "shop"}, {"storeUrl", "s3://b"},
		{"image", "hub.example.com/runtime@sha256:1"}} {
		pulumi("config", "set", pair[0], pair[1], "--stack", "preview")
	}
	pulumi("config", "set", "--secret", "databaseUrl", "postgres://db", "--stack", "preview")
	bin, _, _ = strings.Cut(d.Path, string(os.PathListSeparator))
	asked := filepath.Join(bin, "asked")
	write(t, filepath.Join(bin, "ashlar"), "#!/bin/sh\necho \"$* of $ASHLAR_DATABASE\" >> "+asked+
		"\n[ ! -e "+bin+"/left ]\n", 0o700)
	write(t, filepath.Join(bin, "kubectl"), "#!/bin/sh\necho staging\n", 0o700)
	write(t, filepath.Join(bin, "gh"), "#!/bin/sh\necho CLOSED\n", 0o700)
	for name, value := range map[string]string{"github.event.pull_request.number": "12",
		"secrets.AWS_ACCESS_KEY_ID":     "",
		"secrets.AWS_SECRET_ACCESS_KEY": "", "github.token": "", "github.repository": "acme/shop"} {
		d.Values[name] = value
	}
	return d, bin, pulumi
}

// TestAPreviewComesAndGoes runs the steps of previews with the real engine: the stack of
// a pull request opens the secrets of the config of all previews, deploys, deploys again,
// and is gone when it is closed; while something is left it stays, for the sweep.
func TestAPreviewComesAndGoes(t *testing.T) {
	d, bin, pulumi := newPreviewer(t)
	for range 2 { // a push after the first
		if said, err := d.Only(previewFile, "up", "Deploy the preview"); err != nil ||
			!strings.Contains(said, "runtime@sha256:1") {
			t.Fatalf("%v\n%s", err, said)
		}
		if err := os.Remove(filepath.Join(d.Dir, "Pulumi.pr-12.yaml")); err != nil { // the next job checks out anew
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(bin, "left"), "", 0o600)
	if said, err := d.Only(previewFile, "down", "Remove the preview, and prove it"); err == nil {
		t.Errorf("something is left, and the job says nothing:\n%s", said)
	}
	if all := pulumi("stack", "ls"); !strings.Contains(all, "pr-12") {
		t.Errorf("the stack is forgotten:\n%s", all)
	}
	if err := os.Remove(filepath.Join(bin, "left")); err != nil {
		t.Fatal(err)
	}
	if said, err := d.Only(previewFile, "sweep", "Remove the previews of closed pull requests"); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	if all := pulumi("stack", "ls"); strings.Contains(all, "pr-12") || !strings.Contains(all, "preview") {
		t.Errorf("after the sweep there are\n%s", all)
	}
	text, err := os.ReadFile(filepath.Join(bin, "asked"))
	want := "preview remove 12 --name shop --store s3://b --context staging of postgres://db\n"
	if err != nil || string(text) != want+want {
		t.Errorf("%v, %q", err, text)
	}
}

func write(t *testing.T, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
