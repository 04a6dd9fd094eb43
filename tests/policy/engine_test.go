//go:build integration

package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/tests/engine/cloud"
	"github.com/ashlar-dev/ashlar/tests/stack"
)

// plugin is the prefix of a provider plugin's name: the test binary under that
// name is one.
const plugin = "pulumi-resource-"

func TestMain(m *testing.M) {
	if pkg, ok := strings.CutPrefix(filepath.Base(os.Args[0]), plugin); ok {
		if err := cloud.Serve(pkg, os.Getenv(cloud.Env), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// engine is the real Pulumi engine with our analyzer, a program and a state.
type engine struct {
	t          *testing.T
	tools, dir string
	env        []string
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	tools := os.Getenv("ASHLAR_TEST_TOOLS")
	if cache, err := os.UserCacheDir(); tools == "" && err == nil {
		tools = filepath.Join(cache, "ashlar-tools")
	}
	if _, err := os.Stat(filepath.Join(tools, "pulumi")); err != nil {
		t.Skip("skipped: there is no Pulumi CLI and Go language host in ASHLAR_TEST_TOOLS; tests/tools/build.sh builds them")
	}
	root := t.TempDir()
	e := &engine{t: t, tools: tools, dir: filepath.Join(root, "project")}
	bin, state := filepath.Join(root, "bin"), filepath.Join(root, "state")
	for _, dir := range []string{e.dir, bin, state} {
		e.must(os.MkdirAll(dir, 0o755))
	}
	e.build("./tests/policy/program", filepath.Join(bin, "program"))
	e.build("./cmd/pulumi-analyzer-policy-cue", filepath.Join(bin, "pulumi-analyzer-policy-cue"))
	self, err := os.Executable()
	e.must(err)
	for _, pkg := range []string{"aws", "kubernetes"} {
		e.must(os.Symlink(self, filepath.Join(bin, plugin+pkg)))
	}
	e.write("Pulumi.yaml", "name: somebody\nruntime:\n  name: go\n  options: {binary: "+
		filepath.Join(bin, "program")+"}\n")
	e.env = append(os.Environ(),
		"PATH="+strings.Join([]string{bin, tools, os.Getenv("PATH")}, string(os.PathListSeparator)),
		"PULUMI_HOME="+filepath.Join(root, "home"), "PULUMI_BACKEND_URL=file://"+state,
		"PULUMI_CONFIG_PASSPHRASE=correct horse",
		"PULUMI_SKIP_UPDATE_CHECK=1", cloud.Env+"="+filepath.Join(root, "cloud"), "KUBECONFIG="+
			filepath.Join(root, "none"))
	e.pulumi("stack", "init", "prod")
	return e
}

func (e *engine) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *engine) write(name, text string) {
	e.t.Helper()
	e.must(os.MkdirAll(filepath.Dir(filepath.Join(e.dir, name)), 0o755))
	e.must(os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o600))
}

func (e *engine) build(pkg, to string) {
	e.t.Helper()
	cmd := exec.Command("go", "build", "-o", to, pkg)
	cmd.Dir, cmd.Env = stack.Root(e.t), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		e.t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
}

func (e *engine) try(args ...string) (string, error) {
	e.t.Helper()
	cmd := exec.CommandContext(e.t.Context(), filepath.Join(e.tools, "pulumi"), append(args, "--non-interactive")...)
	cmd.Dir, cmd.Env = e.dir, e.env
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	return said.String(), err
}

func (e *engine) pulumi(args ...string) string {
	e.t.Helper()
	said, err := e.try(args...)
	if err != nil {
		e.t.Fatalf("pulumi %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return said
}

// shippedPack is the policy pack of the checkout.
func (e *engine) shippedPack() string { return filepath.Join(stack.Root(e.t), "policies") }

func TestTheRealEngineRefusesWhatTheRulesRefuse(t *testing.T) {
	e := newEngine(t)
	set, err := policies.New(policies.Shipped()...)
	if err != nil {
		t.Fatal(err)
	}
	said, err := e.try("preview", "--stack", "prod", "--policy-pack", e.shippedPack())
	if err == nil {
		t.Fatalf("the bad stack is previewed:\n%s", said)
	}
	for _, id := range []string{
		"security/bucket-encrypted", "security/bucket-not-public", "security/bucket-tls",
		"reliability/bucket-versioned",
		"security/pod-not-privileged", "security/pod-no-escalation", "reliability/database-deletion",
	} {
		rule, err := set.Rule(id)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(said, id) || !strings.Contains(said, rule.Digest) {
			t.Errorf("%s %s is not what the engine refused:\n%s", id, rule.Digest, said)
		}
	}
	if _, err := e.try("up", "--yes", "--skip-preview", "--stack", "prod", "--policy-pack",
		e.shippedPack()); err == nil {
		t.Error("the bad stack is deployed")
	}
}

func TestTheSamePutRightStandsUp(t *testing.T) {
	e := newEngine(t)
	e.pulumi("config", "set", "good", "true", "--stack", "prod")
	// The database's protection is the one thing left that only production asks.
	e.write("house.json", `{"reliability/database-deletion": {"enforcementLevel": "disabled"}, "reliability/database-standby": "disabled"}`)
	args := []string{"--stack", "prod", "--policy-pack", e.shippedPack(), "--policy-pack-config", "house.json"}
	said := e.pulumi(append([]string{"preview"}, args...)...)
	if !strings.Contains(said, "undecided") || !strings.Contains(said, "security/bucket-tls") {
		t.Errorf("at preview the bucket's policy is not known, but that is not said:\n%s", said)
	}
	said = e.pulumi(append([]string{"up", "--yes", "--skip-preview"}, args...)...)
	if strings.Contains(said, "undecided") {
		t.Errorf("after the update all is known:\n%s", said)
	}
}

func TestTheEnginePutsRightWhatItCan(t *testing.T) {
	e := newEngine(t)
	e.write("house.json", `{"all": "advisory", "security/bucket-acl": "remediate", "security/database-encrypted": "remediate"}`)
	said := e.pulumi("up", "--yes", "--skip-preview", "--stack", "prod", "--policy-pack", e.shippedPack(),
		"--policy-pack-config", "house.json")
	if !strings.Contains(said, "security/bucket-acl") {
		t.Errorf("no remediation is said:\n%s", said)
	}
	var state struct {
		Deployment struct {
			Resources []struct {
				Type   string         `json:"type"`
				Inputs map[string]any `json:"inputs"`
			} `json:"resources"`
		} `json:"deployment"`
	}
	e.must(json.Unmarshal([]byte(e.pulumi("stack", "export", "--stack", "prod")), &state))
	found := 0
	for _, r := range state.Deployment.Resources {
		switch r.Type {
		case "aws:s3/bucketAclV2:BucketAclV2":
			if found++; r.Inputs["acl"] != "private" {
				t.Errorf("the ACL is %v", r.Inputs["acl"])
			}
		case "aws:rds/instance:Instance":
			if found++; r.Inputs["storageEncrypted"] != true {
				t.Errorf("the database's disk is %v", r.Inputs)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d of 2 resources are in the state", found)
	}
}

func TestAPackOfOnesOwnHoldsInTheEngine(t *testing.T) {
	e := newEngine(t)
	e.pulumi("config", "set", "good", "true", "--stack", "prod")
	e.write("policies/PulumiPolicy.yaml", "name: house\nruntime: cue\n")
	e.write("policies/house.cue", strings.Replace(house, "LEVEL", "mandatory", 1))
	said, err := e.try("preview", "--stack", "prod", "--policy-pack", "policies")
	if err == nil || !strings.Contains(said, "house/named") || !strings.Contains(said, `must be =~"^house-"`) {
		t.Errorf("%v\n%s", err, said)
	}
	e.write("policies/house.cue", "package house\nbroken: {")
	if said, err := e.try("preview", "--stack", "prod", "--policy-pack", "policies"); err == nil ||
		!strings.Contains(said, "house.cue:2:10") {
		t.Errorf("a pack that is wrong: %v\n%s", err, said)
	}
}

const house = `package house

import "ashlar.dev/policy"

policy.#Pack & {
	name: "house"
	rules: "named": {
		title: "Buckets are named after us"
		level: "LEVEL"
		about: "resource"
		match: type: "aws:s3/bucketV2:BucketV2"
		require: properties: bucket: =~"^house-"
		reason: "we look for them by name"
		fix:    "set bucket"
	}
}
`
