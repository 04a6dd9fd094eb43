//go:build integration

package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/examples"
	"github.com/ashlar-dev/ashlar/tests/engine/cloud"
	"github.com/ashlar-dev/ashlar/tests/stack"
)

// project is a folder with a Pulumi.yaml, blueprints of its own, a state and a
// cloud of its own.
type project struct {
	t     *testing.T
	dir   string
	cloud *cloud.Store
	env   []string
}

// newProject makes a project with the named examples; the test is skipped,
// saying why, where there is no engine.
func newProject(t *testing.T, names ...string) *project {
	t.Helper()
	if tools == "" {
		t.Skip("skipped: there is no Pulumi CLI and Go language host in ASHLAR_TEST_TOOLS; tests/tools/build.sh builds them")
	}
	root := t.TempDir()
	p := &project{t: t, dir: filepath.Join(root, "project"), cloud: cloud.Open(filepath.Join(root, "cloud"))}
	bin, state := filepath.Join(root, "bin"), filepath.Join(root, "state")
	for _, dir := range []string{p.dir, bin, state} {
		p.must(os.MkdirAll(dir, 0o755))
	}
	self, err := os.Executable()
	p.must(err)
	for _, pkg := range []string{"aws", "kubernetes"} {
		p.must(os.Symlink(self, filepath.Join(bin, plugin+pkg)))
	}
	for _, name := range names {
		source, err := fs.Sub(examples.Files, name)
		p.must(err)
		p.must(os.CopyFS(filepath.Join(p.dir, "blueprints", name), source))
	}
	p.settings()
	p.env = append(os.Environ(),
		"PATH="+strings.Join([]string{bin, tools, os.Getenv("PATH")}, string(os.PathListSeparator)),
		"PULUMI_HOME="+filepath.Join(root, "home"), "PULUMI_BACKEND_URL=file://"+state,
		"PULUMI_CONFIG_PASSPHRASE=correct horse", "PULUMI_SKIP_UPDATE_CHECK=1", "PULUMI_DIY_BACKEND_GZIP=false",
		"PULUMI_EXPERIMENTAL=true", skipCheckpoints,
		cloud.Env+"="+filepath.Join(root, "cloud"), "KUBECONFIG="+filepath.Join(root, "kubeconfig"))
	p.clusters(filepath.Join(root, "kubeconfig"), filepath.Join(bin, "aws"))
	return p
}

// clusters starts the API servers of the cloud's clusters, and writes the user's
// kubeconfig and the command that signs in to those of AWS.
func (p *project) clusters(kubeconfig, aws string) {
	p.t.Helper()
	s := p.cloud.Clusters()
	p.t.Cleanup(s.Close)
	text, err := cloud.Kubeconfig(s, "dev", "prod")
	p.must(err)
	p.must(os.WriteFile(kubeconfig, text, 0o600))
	p.must(os.WriteFile(aws, []byte(cloud.Token), 0o755)) //nolint:gosec // it is run
	p.env = append(p.env, cloud.ClusterEnv(s)...)
}

// skipCheckpoints keeps the state at the end of a run only, rather than after
// every resource: most of what an up of hundreds costs.
const skipCheckpoints = "PULUMI_SKIP_CHECKPOINTS=true"

// checkpoints keeps the state after every resource, as a user's engine does.
func (p *project) checkpoints() {
	p.env = slices.DeleteFunc(p.env, func(one string) bool { return one == skipCheckpoints })
}

// settings writes the checked-in Pulumi.yaml, with the built program in the
// place of its source, so that no run compiles it.
func (p *project) settings() {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(stack.Root(p.t), "Pulumi.yaml"))
	p.must(err)
	program := "runtime:\n  name: go\n  options: {binary: " + binary + "}\n"
	edited := strings.Replace(string(text), "runtime: go\nmain: ./cmd/ashlar-stack\n", program, 1)
	if edited == string(text) {
		p.t.Fatal("Pulumi.yaml does not say `runtime: go` and `main: ./cmd/ashlar-stack`")
	}
	p.must(os.WriteFile(filepath.Join(p.dir, "Pulumi.yaml"), []byte(edited), 0o600))
}

func (p *project) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// try runs the CLI and returns what it said.
func (p *project) try(args ...string) (string, error) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), filepath.Join(tools, "pulumi"), append(args, "--non-interactive")...)
	cmd.Dir, cmd.Env = p.dir, p.env
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	return said.String(), err
}

// tail returns the end of what the CLI said, where the errors are.
func tail(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}

// pulumi runs the CLI, which must succeed.
func (p *project) pulumi(args ...string) string {
	p.t.Helper()
	said, err := p.try(args...)
	if err != nil {
		p.t.Fatalf("pulumi %s: %v\n%s", strings.Join(args, " "), err, tail(said))
	}
	return said
}

// stack makes a stack with a config.
func (p *project) stack(name string, config map[string]string) {
	p.t.Helper()
	p.pulumi("stack", "init", name)
	for key, value := range config {
		args := []string{"config", "set", "--stack", name, "--path", key, value}
		if strings.HasSuffix(key, "databaseUrl") {
			args = append(args, "--secret")
		}
		p.pulumi(args...)
	}
}

// foundation makes and runs an environment's foundation.
func (p *project) foundation(env string) string {
	p.t.Helper()
	name := "foundation-" + env
	p.stack(name, map[string]string{"aws:region": "eu-central-1", "environment": env, "layer": "foundation",
		"image": stack.Image})
	p.up(name)
	return name
}

// workloads makes an environment's workloads on its foundation.
func (p *project) workloads(env string) string {
	p.t.Helper()
	p.stack(env, map[string]string{
		"aws:region": "eu-central-1", "environment": env, "image": stack.Image,
		"foundation": "organization/ashlar/foundation-" + env, "costCentre": "ml",
	})
	return env
}

// anywhere makes an environment's workloads on any cluster.
func (p *project) anywhere(env string) string {
	p.t.Helper()
	p.stack(env, map[string]string{
		"environment": env, "provider": "kubernetes", "image": stack.Image, "context": env,
		"storeUrl":    "s3://models/ashlar?region=eu-central-1",
		"databaseUrl": "postgres://ashlar:" + password + "@db.example.com:5432/ashlar?sslmode=verify-full",
	})
	return env
}

const password = "hunter2"

func (p *project) up(name string) string {
	p.t.Helper()
	return p.pulumi("up", "--yes", "--skip-preview", "--stack", name)
}

// change is one step of a preview that is no "same".
type change struct{ op, urn string }

// preview returns what an up would change, the stack itself left out.
func (p *project) preview(name string) []change {
	p.t.Helper()
	// Warnings go to the other stream: only JSON is read.
	cmd := exec.CommandContext(p.t.Context(), filepath.Join(tools, "pulumi"), "preview", "--json",
		"--non-interactive", "--stack", name)
	cmd.Dir, cmd.Env = p.dir, p.env
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		p.t.Fatalf("pulumi preview: %v\n%s\n%s", err, out, failed.Stderr)
	}
	p.must(err)
	var plan struct {
		Steps []struct{ Op, URN string }
	}
	p.must(json.Unmarshal(out, &plan))
	var changes []change
	for _, s := range plan.Steps {
		if s.Op != "same" && s.Op != "read" && !strings.Contains(s.URN, "pulumi:pulumi:Stack::") {
			changes = append(changes, change{s.Op, s.URN})
		}
	}
	return changes
}

// edit changes a file of a blueprint.
func (p *project) edit(file, from, to string) {
	p.t.Helper()
	path := filepath.Join(p.dir, "blueprints", file)
	text, err := os.ReadFile(path)
	p.must(err)
	if !strings.Contains(string(text), from) {
		p.t.Fatalf("%s does not say %q", file, from)
	}
	p.must(os.WriteFile(path, []byte(strings.ReplaceAll(string(text), from, to)), 0o600))
}

// exists returns what is in the cloud.
func (p *project) exists() []cloud.Resource {
	p.t.Helper()
	all, err := p.cloud.Resources()
	p.must(err)
	return all
}

// operations returns what was done to the cloud since the last n operations.
func (p *project) operations(since int) []string {
	p.t.Helper()
	all, err := p.cloud.Operations()
	p.must(err)
	return all[since:]
}
