// Package stack builds ashlar-stack for the black-box tests and renders with
// it what they judge: every example blueprint in every environment, in both
// layers and on both providers.
package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/examples"
	"github.com/ashlar-dev/ashlar/stacks/aws"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/foundation"
)

// Root returns the checkout's folder.
func Root(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("the test does not know where its source is")
	}
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Build makes ashlar-stack in dir and returns its path. A cold build takes
// minutes and gigabytes: its AWS SDK is large.
func Build(ctx context.Context, root, dir string) (string, error) {
	binary := filepath.Join(dir, "ashlar-stack")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary,
		"./cmd/ashlar-stack") //nolint:gosec // a test's own folder
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build ashlar-stack: %w\n%s", err, out)
	}
	return binary, nil
}

// Case is one stack to render.
type Case struct {
	Name        string
	Layer       string
	Provider    string
	Environment string
	Blueprints  []string // folders relative to the root; none for a foundation
	Config      []string // more of it, as KEY=VALUE
}

// Image is the runtime's image in every case.
const Image = "registry.example.com/ashlar/runtime:0.1.0"

// Foundations returns the foundation of each environment, by the checked-in
// example configs.
func Foundations() []Case {
	var out []Case
	for _, env := range []string{"dev", "prod"} {
		out = append(out, Case{Name: "foundation-" + env, Layer: config.LayerFoundation,
			Provider: config.ProviderAWS, Environment: env})
	}
	return out
}

// Workloads returns the examples side by side, in every environment, on a
// provider.
func Workloads(provider string) []Case {
	var all []string
	for _, name := range examples.Names() {
		all = append(all, "blueprints/examples/"+name)
	}
	var out []Case
	for _, env := range []string{"dev", "prod"} {
		out = append(out, Case{Name: provider + "-" + env, Layer: config.LayerWorkloads, Provider: provider,
			Environment: env, Blueprints: all})
	}
	return out
}

// Values writes values for what a foundation exports into dir, as
// `pulumi stack output --json` does, and returns the file.
func Values(t testing.TB, dir string) string {
	t.Helper()
	values := map[string]string{
		foundation.OutRegion: "eu-central-1", foundation.OutAccount: "123456789012",
		foundation.OutClusterName: "ashlar-dev", foundation.OutKubeconfig: "{}",
		foundation.OutNetworkCIDR:  "10.0.0.0/16",
		foundation.OutDataKey:      "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
		foundation.OutLogsBucket:   "ashlar-dev-logs-123456789012",
		foundation.OutDatabaseHost: "ashlar-dev.abc.eu-central-1.rds.amazonaws.com", foundation.OutDatabasePort: "5432",
		foundation.OutDatabaseName: "ashlar", foundation.OutDatabaseResource: "db-ABCDEFGHIJKLMNOP",
		foundation.OutName: "ashlar", foundation.OutSchema: Image,
		foundation.OutSchemas:  "ashlar__prod",
		foundation.OutRegistry: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ashlar-dev/runtime",
	}
	values[foundation.OutBoundary] = "arn:aws:iam::123456789012:policy/ashlar-dev-workloads"
	for _, name := range aws.FoundationOutputs() {
		if values[name] == "" && name != foundation.OutDataBucket { // which the workloads' own config says
			t.Fatalf("the test knows no value of the foundation's output %s", name)
		}
	}
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "values.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Render renders a case into out with a built ashlar-stack.
func (c Case) Render(t testing.TB, binary, out string, more ...string) {
	t.Helper()
	root := Root(t)
	args := []string{"render", "--out", out, "--env", c.Environment, "--layer", c.Layer, "--provider", c.Provider}
	pairs := c.Config
	switch {
	case c.Layer == config.LayerFoundation:
		args = append(args, "--config-file", filepath.Join(root, "Pulumi.foundation-"+c.Environment+".yaml"))
	case c.Provider == config.ProviderKubernetes:
		pairs = append(pairs, "image="+Image, "storeUrl=s3://models/ashlar?region=eu-central-1",
			"databaseUrl=postgres://ashlar:hunter2@db.example.com:5432/ashlar?sslmode=verify-full")
	default:
		args = append(args, "--config-file", filepath.Join(root, "Pulumi."+c.Environment+".yaml"),
			"--values", Values(t, t.TempDir()))
		pairs = append(pairs, "image="+Image)
	}
	for _, one := range pairs {
		args = append(args, "--config", one)
	}
	cmd := exec.CommandContext(t.Context(), binary,
		append(append(args, more...), c.Blueprints...)...) //nolint:gosec // what the test built
	cmd.Dir = root
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("ashlar-stack %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
}
