package aws

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// staged is the credit blueprint with custom stages, and its config.
func staged(t *testing.T) (*plan.Plan, config.Config) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"train.py": "print(1)\n", "lib/a.py": "x = 1\n",
		"lib/__pycache__/a.pyc": "no", "data/big.csv": strings.Repeat("x", maxCodeFile+1)} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := credit()
	m := p.Models["default-risk"]
	m.Search = &plan.Search{Method: "grid"}
	p.Models["default-risk"] = m
	again := 5
	p.Pipelines["nightly"] = plan.Pipeline{
		Model: "default-risk", Schedule: "@daily", Retries: 1, RetryDelay: "5m", FanOut: 3, Parallelism: 4,
		Concurrency: plan.Replace, Timeout: "2h",
		Stages: map[string]plan.Stage{
			"tune@a/b": {
				Cmd:  []string{"python3 train.py"},
				Deps: []string{"train.py", "lib", "data/big.csv", "prepare:train.csv"}, Outs: []string{"out.json"},
				Image: "r.example.com/py@sha256:1", CPU: "2", Memory: "8Gi", GPU: 1,
				NodeSelector: map[string]string{"disk": "ssd"},
				Tolerations:  []plan.Toleration{{Key: "gpu", Operator: "Exists"}}, Retries: &again, RetryDelay: "10s",
			},
			"report": {Cmd: []string{"cat out.json"}, Deps: []string{"out.json"}, Image: "r.example.com/py@sha256:1"},
		},
	}
	cfg := cloud()
	cfg.Pipelines, cfg.Folders = config.PipelinesArgo, map[string]string{p.Name: dir}
	return p, cfg
}

func TestAStageOfOnesOwnIsAPodOfItsImageWithTheRuntimeBroughtIn(t *testing.T) {
	p, cfg := staged(t)
	r := registered(t, cfg, p)
	var spec map[string]any
	for _, w := range r.All("kubernetes:argoproj.io/v1alpha1:WorkflowTemplate") {
		spec = w.At("spec").(map[string]any)
	}
	templates := map[string]map[string]any{}
	for _, one := range list(spec["templates"]) {
		templates[fmt.Sprint(one["name"])] = one
	}
	name := taskName("tune@a/b")
	one, ok := templates[name]
	if !ok {
		t.Fatalf("no template %s among %v", name, sorted(templates))
	}
	c := one["container"].(map[string]any)
	if c["image"] != "r.example.com/py@sha256:1" || fmt.Sprint(c["command"].([]any)[0]) != pod.Installed {
		t.Errorf("it runs %v in %v", c["command"], c["image"])
	}
	if got := fmt.Sprint(c["resources"]); !strings.Contains(got, "8Gi") || !strings.Contains(got, pod.GPUResource) {
		t.Errorf("resources %s", got)
	}
	if fmt.Sprint(one["nodeSelector"]) != "map[disk:ssd]" || !strings.Contains(fmt.Sprint(one["tolerations"]), "gpu") ||
		!strings.Contains(fmt.Sprint(one["retryStrategy"]), "limit:5") {
		t.Errorf("%v %v %v", one["nodeSelector"], one["tolerations"], one["retryStrategy"])
	}
	if init := list(one["initContainers"]); len(init) != 1 || init[0]["image"] != image {
		t.Errorf("the runtime comes from %v", init)
	}
	if env := fmt.Sprint(c["env"]); strings.Contains(env, "ASHLAR_DATABASE") || !strings.Contains(env, "ASHLAR_CODE") {
		t.Errorf("variables %s", env)
	}
	if env := fmt.Sprint(templates["register"]["container"]); !strings.Contains(env, "ASHLAR_DATABASE") {
		t.Error("register does not know the way to the database")
	}
	tasks := fmt.Sprint(templates["run"]["dag"])
	for _, want := range []string{"validate-parts", "train-parts", "withSequence:map[count:3]"} {
		if !strings.Contains(tasks, want) {
			t.Errorf("the graph lacks %s: %s", want, tasks)
		}
	}
	if spec["onExit"] != "finish" || spec["parallelism"] != 4.0 || spec["activeDeadlineSeconds"] != 7200.0 {
		t.Errorf("onExit %v, parallelism %v, deadline %v", spec["onExit"], spec["parallelism"],
			spec["activeDeadlineSeconds"])
	}
}

func TestTheFilesThatStagesReadComeWithThePlan(t *testing.T) {
	p, cfg := staged(t)
	r := registered(t, cfg, p)
	found := ""
	for _, m := range r.All("kubernetes:core/v1:ConfigMap") {
		if strings.HasPrefix(fmt.Sprint(m.At("metadata.name")), "code-") {
			found += fmt.Sprint(m.At("data"))
		}
	}
	if !strings.Contains(found, "print(1)") || !strings.Contains(found, "x = 1") || strings.Contains(found, "no") ||
		strings.Contains(found, "xxx") {
		t.Errorf("the code is %q", found)
	}
}

func TestStagesThatNoPodCanRunAreRefused(t *testing.T) {
	p, cfg := staged(t)
	s := p.Pipelines["nightly"].Stages["report"]
	s.Image = ""
	p.Pipelines["nightly"].Stages["report"] = s
	if err := Validate([]*plan.Plan{p}, cfg); err == nil ||
		!strings.Contains(err.Error(), "stage report: it has no image") {
		t.Errorf("without an image: %v", err)
	}
	p, cfg = staged(t)
	cfg.Pipelines = config.PipelinesCronJob
	if err := Validate([]*plan.Plan{p}, cfg); err == nil || !strings.Contains(err.Error(), "run a pod each") {
		t.Errorf("by CronJob: %v", err)
	}
}
