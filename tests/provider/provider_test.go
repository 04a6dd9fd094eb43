//go:build integration

// Package provider lets the real terraform-provider-aws judge, with no network,
// every main.tf.json that the examples render to: it knows which attributes
// and values exist better than any test of ours.
package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/tests/stack"
)

// MirrorEnv names the folder above registry.terraform.io that holds the provider.
const mirrorEnv = "ASHLAR_TEST_TERRAFORM_MIRROR"

// terraform is a terraform that finds the provider in a folder.
type terraform struct{ config string }

// find skips the test, saying why, where the provider is not there.
func find(t *testing.T) terraform {
	t.Helper()
	mirror := os.Getenv(mirrorEnv)
	if mirror == "" {
		t.Skipf("skipped: %s is not set; it names the folder above registry.terraform.io that holds hashicorp/aws 5.100.0", mirrorEnv)
	}
	if _, err := exec.LookPath("terraform"); err != nil {
		t.Skip("skipped: there is no terraform on PATH")
	}
	if _, err := os.Stat(filepath.Join(mirror, "registry.terraform.io", "hashicorp", "aws")); err != nil {
		t.Fatalf("%s holds no provider: %v", mirrorEnv, err)
	}
	config := filepath.Join(t.TempDir(), "terraformrc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\ndisable_checkpoint = true\n", mirror)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return terraform{config: config}
}

// run runs terraform in dir and returns what it said.
func (tf terraform) run(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "terraform", append([]string{"-chdir=" + dir}, args...)...)
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+tf.config, "TF_IN_AUTOMATION=1",
		"AWS_EC2_METADATA_DISABLED=true")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	return said.String(), err
}

// offline lets the providers of main.tf.json work with no account behind them: an override
// of each, by its alias.
func offline(t *testing.T, dir string) []byte {
	t.Helper()
	var doc struct {
		Provider struct {
			AWS []map[string]any `json:"aws"`
		} `json:"provider"`
	}
	text, err := os.ReadFile(filepath.Join(dir, "main.tf.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for _, p := range doc.Provider.AWS {
		delete(p, "region")
		p["access_key"], p["secret_key"] = "none", "none"
		for _, check := range []string{"credentials_validation", "requesting_account_id", "metadata_api_check",
			"region_validation"} {
			p["skip_"+check] = true
		}
	}
	if text, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	return text
}

// prepare renders a case and initialises terraform there. It returns how many
// resources there are.
func (tf terraform) prepare(t *testing.T, binary string, c stack.Case) (dir string, resources int) {
	t.Helper()
	dir = t.TempDir()
	c.Render(t, binary, dir, "--only", "terraform")
	resources = detach(t, filepath.Join(dir, "main.tf.json"))
	if err := os.WriteFile(filepath.Join(dir, "offline_override.tf.json"), offline(t, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := tf.run(t, dir, "init", "-input=false", "-no-color"); err != nil {
		t.Fatalf("terraform init: %v\n%s", err, said)
	}
	return dir, resources
}

var dataReference = regexp.MustCompile(`\$\{data\.([^}]*)\}`)

// detach replaces what data sources say by constants, since there is nothing
// to ask, and counts the resources.
func detach(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = dataReference.ReplaceAllFunc(text, func(ref []byte) []byte {
		switch s := string(ref); {
		case strings.Contains(s, ".names["):
			return []byte("eu-central-1" + string(rune('a'+s[strings.Index(s, "[")+1]-'0')))
		case strings.Contains(s, ".partition}"):
			return []byte("aws")
		case strings.Contains(s, ".name}"):
			return []byte("eu-central-1")
		case strings.Contains(s, "prefix_list"):
			return []byte("pl-12345678")
		}
		return []byte("123456789012")
	})
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	delete(doc, "data")
	count := 0
	resources, _ := doc["resource"].(map[string]any)
	for _, ofType := range resources {
		named, _ := ofType.(map[string]any)
		count += len(named)
	}
	if text, err = json.MarshalIndent(doc, "", " "); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return count
}

func TestTheRealProvider(t *testing.T) {
	tf := find(t)
	binary, err := stack.Build(t.Context(), stack.Root(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("plans every example", func(t *testing.T) { plansEveryExample(t, tf, binary) })
	t.Run("knows the parts that exist", func(t *testing.T) { knowsWhatExists(t, tf, binary) })
	t.Run("refuses what is wrong", func(t *testing.T) { refusesWhatIsWrong(t, tf, binary) })
}

func plansEveryExample(t *testing.T, tf terraform, binary string) {
	pooled := stack.Foundations()[0]
	pooled.Name = "foundation-karpenter"
	pooled.Config = []string{`nodes.pools={"batch":{"capacity":"spot","limits":{"cpu":64,"memory":"256Gi"}}}`,
		"database.backupRegion=eu-west-1", "gitlab.repository=acme/risk/ml", `gitlab.namespaces=["credit-risk"]`}
	for _, c := range slices.Concat(stack.Foundations(), []stack.Case{pooled}, stack.Workloads(config.ProviderAWS)) {
		t.Run(c.Name, func(t *testing.T) {
			dir, resources := tf.prepare(t, binary, c)
			// Planning validates first.
			said, err := tf.run(t, dir, "plan", "-refresh=false", "-lock=false", "-input=false", "-no-color")
			if err != nil {
				t.Fatalf("terraform plan: %v\n%s", err, tail(said))
			}
			if want := fmt.Sprintf("Plan: %d to add, 0 to change, 0 to destroy.", resources); resources == 0 ||
				!strings.Contains(said, want) {
				t.Errorf("the plan does not say %q:\n%s", want, tail(said))
			}
		})
	}
}

// knowsWhatExists validates a foundation on parts that exist, with its data sources: of
// each the provider knows what it is named by, and what is read of it.
func knowsWhatExists(t *testing.T, tf terraform, binary string) {
	c := stack.Foundations()[0]
	c.Config = []string{"existing.vpc=vpc-0123456789abcdef0", "existing.cluster=platform", "existing.database=pg",
		`existing.subnets=["subnet-0123456789abcdef0","subnet-0123456789abcdef1"]`,
		"existing.registry=platform/runtime", "budget.monthly=900", `budget.emails=["ada@example.com"]`, "trail=true",
		"existing.key=arn:aws:kms:eu-central-1:123456789012:key/1234abcd", "existing.bucket=platform-ml"}
	dir := t.TempDir()
	c.Render(t, binary, dir, "--only", "terraform")
	if said, err := tf.run(t, dir, "init", "-input=false", "-no-color"); err != nil {
		t.Fatalf("terraform init: %v\n%s", err, said)
	}
	if said, err := tf.run(t, dir, "validate", "-no-color"); err != nil {
		t.Errorf("terraform validate: %v\n%s", err, tail(said))
	}
	text, err := os.ReadFile(filepath.Join(dir, "main.tf.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, used := range []string{"aws_vpc", "aws_eks_cluster", "aws_db_instance", "aws_ecr_repository", "aws_s3_bucket"} {
		if !bytes.Contains(text, []byte("${data."+used+".")) {
			t.Errorf("nothing is read of %s", used)
		}
	}
}

// The judge must bite: a wrong enum and an unknown attribute are refused.
func refusesWhatIsWrong(t *testing.T, tf terraform, binary string) {
	dir, _ := tf.prepare(t, binary, stack.Foundations()[0])
	path := filepath.Join(dir, "main.tf.json")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string][2]string{
		"a wrong enum":         {`"authentication_mode": "API"`, `"authentication_mode": "MAGIC"`},
		"an unknown attribute": {`"authentication_mode":`, `"authentification_mode":`},
	} {
		t.Run(name, func(t *testing.T) {
			bad := bytes.ReplaceAll(good, []byte(edit[0]), []byte(edit[1]))
			if bytes.Equal(bad, good) {
				t.Fatalf("main.tf.json does not hold %s", edit[0])
			}
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if said, err := tf.run(t, dir, "validate", "-no-color"); err == nil {
				t.Errorf("went unnoticed:\n%s", said)
			}
		})
	}
}

// tail returns the last lines of a long text, where terraform says what failed.
func tail(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, line := range lines {
		lines[i] = line[:min(len(line), 400)]
	}
	return strings.Join(lines[max(0, len(lines)-60):], "\n")
}
