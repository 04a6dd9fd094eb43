//go:build integration

// Package record proves that `ashlar plan --base` says what a change does to
// infrastructure, with the Pulumi program that records it.
package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// tools builds the CLI and the program beside it.
func tools(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"ashlar", "ashlar-stack"} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(dir, name), "github.com/ashlar-dev/ashlar/cmd/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	return dir
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "HOME="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func TestAChangeIsFollowedToResourcesPermissionsAndCost(t *testing.T) {
	ashlar, dir := filepath.Join(tools(t), "ashlar"), t.TempDir()
	run(t, dir, "git", "init", "-q", "-b", "main")
	run(t, dir, ashlar, "init", "shop", "--example", "credit")
	run(t, dir, "git", "add", "-A")
	run(t, dir, "git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "Begin")
	if said := run(t, dir, ashlar, "plan", "shop", "--base", "HEAD"); said != "" {
		t.Errorf("nothing changed, and it says %s", said)
	}
	file := filepath.Join(dir, "shop", "credit.cue")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer("replicas: {min: 2, max: 10}", "replicas: {min: 2, max: 20}",
		"datasets: applications", "datasets: loans", `dataset:     "applications"`,
		`dataset:     "loans"`).Replace(string(text))
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	said := run(t, dir, ashlar, "plan", "shop", "--base", "HEAD")
	for _, want := range []string{
		"loosened  permissions of credit-risk-pipeline-nightly: may now s3:GetObject on ${credit-risk-data-loans.arn}/data/credit_data.csv  (dev, prod)",
		"tightened permissions of credit-risk-pipeline-nightly: may no longer s3:GetObject on ${credit-risk-data-applications.arn}/data/credit_data.csv  (dev, prod)",
		"removed   BucketV2 credit-risk-data-applications: is left as it is, with what is in it, and managed no longer  (dev, prod)",
		"added     BucketV2 credit-risk-data-loans: is made, empty  (dev, prod)",
		"changed   HorizontalPodAutoscaler credit-risk-endpoint-scoring: updated: spec.maxReplicas  (prod)",
		"USD a month by prices of",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "not compared") {
		t.Errorf("something is not compared:\n%s", said)
	}
}

// What `plan --base` takes for changing no resource changes none.
func TestHowAModelIsMadeChangesNoResource(t *testing.T) {
	program := filepath.Join(tools(t), "ashlar-stack")
	text, err := os.ReadFile("../../blueprints/examples/credit/credit.cue")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer("max_depth: 10", "max_depth: 3", `algorithm:   "random_forest"`,
		`algorithm:   "gradient_boosting"`, "folds: 5", "folds: 3", "n_estimators: 100, max_depth",
		"max_iter: 50, max_depth",
		"roc_auc: >=0.78", "roc_auc: >=0.5", "count: 1, not_author: true", "count: 2, not_author: true",
		`Age: {type: "integer", unit: "years", sensitive: true}`, `Age: {type: "number", sensitive: false}`,
		"fairness: Age: {split: 25,", "fairness: Marital: {", "min_value: 1000", "min_value: 9",
		`description: "Whether an application`, `description: "If an application`,
		"blueprint.#Blueprint & {", "blueprint.#Blueprint & {\n\tseed: 7").Replace(string(text))
	var in bytes.Buffer
	for key, source := range map[string]string{"a": string(text), "b": changed} {
		p, err := blueprints.Load(fstest.MapFS{"credit.cue": {Data: []byte(source)}}, ".", "prod")
		if err != nil {
			t.Fatal(err)
		}
		plan, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewEncoder(&in).Encode(map[string]any{"key": key, "plan": json.RawMessage(plan)}); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "record")
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	sides := map[string][]consequence.Resource{}
	dec := json.NewDecoder(bytes.NewReader(out))
	for range 2 {
		var a struct {
			Key, Error string
			Resources  []consequence.Resource
		}
		if err := dec.Decode(&a); err != nil || a.Error != "" || len(a.Resources) < 50 {
			t.Fatalf("%v %s, %d resources", err, a.Error, len(a.Resources))
		}
		sides[a.Key] = a.Resources
	}
	nothing := &plan.Plan{}
	if found := consequence.Compare(&consequence.Side{Plan: nothing, Resources: sides["a"]},
		&consequence.Side{Plan: nothing, Resources: sides["b"]}, nil); len(found) > 0 {
		t.Errorf("resources change: %v", found)
	}
}

// Which changes replace a resource must be known of every type that we make.
func TestEveryTypeOfTheWorkloadsIsKnown(t *testing.T) {
	program := filepath.Join(tools(t), "ashlar-stack")
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, example := range []string{"credit", "churn", "concrete"} {
		plans, err := blueprints.LoadAllDir("../../blueprints/examples/" + example)
		if err != nil {
			t.Fatal(err)
		}
		for env, p := range plans {
			text, err := p.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if err := enc.Encode(map[string]any{"key": example + "/" + env, "plan": json.RawMessage(text)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := exec.Command(program, "record")
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 64<<20)
	resources := 0
	for lines.Scan() {
		var a struct {
			Key, Error string
			Resources  []consequence.Resource
		}
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil || a.Error != "" {
			t.Fatalf("%s: %v %s", a.Key, err, a.Error)
		}
		for _, r := range a.Resources {
			resources++
			if !consequence.KnowsType(r.Type) {
				t.Errorf("templates/consequence/immutable.go does not know %s", r.Type)
			}
		}
	}
	if resources < 100 {
		t.Errorf("%d resources only", resources)
	}
}
