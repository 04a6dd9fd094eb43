package aws

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden are the manifests that nothing else shows whole: what deletes, what
// holds keys, what a run is told of its date, and what the network lets out.
func golden(t *testing.T) map[string]pulumitest.Resource {
	t.Helper()
	p, argo := hashed(t, plan.Hash)
	argo.MailServer = "192.0.2.25:587"
	line := p.Pipelines["nightly"]
	line.Schedule, line.OnFailure = "30 2 * * *", plan.OnFailure{Email: []string{"oncall@example.com"}}
	p.Pipelines["nightly"] = line
	staged, plain := registered(t, argo, p), registered(t, elsewhere(), credit())
	out := map[string]pulumitest.Resource{}
	add := func(name string, r *pulumitest.Recording, kind, called string) {
		for _, one := range r.Resources {
			if strings.HasSuffix(one.Type, ":"+kind) && one.Text("metadata.name") == called {
				out[name] = one
				return
			}
		}
		t.Errorf("no %s is called %s", kind, called)
	}
	add("retention-cronjob", plain, "CronJob", "retention-data")
	add("retention-network", plain, "NetworkPolicy", "retention-data")
	add("serving-network", plain, "NetworkPolicy", "endpoint-scoring")
	serving := map[bool]string{true: "Rollout", false: "Deployment"}[argo.Delivery == config.DeliveryRollout]
	add("serving-with-keys", staged, serving, sorted(p.Endpoints)[0])
	add("pipeline-workflow", staged, "WorkflowTemplate", "nightly")
	add("pipeline-schedule", staged, "CronWorkflow", "nightly")
	add("pipeline-network", staged, "NetworkPolicy", "pipeline-nightly")
	add("pipeline-register-network", staged, "NetworkPolicy", "register-nightly")
	add("pipeline-alarms-network", staged, "NetworkPolicy", "alarms-nightly")
	return out
}

func TestManifestsAreTheGoldenOnes(t *testing.T) {
	for name, r := range golden(t) {
		text, err := json.MarshalIndent(r.Inputs, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, '\n')
		file := filepath.Join("testdata", "golden", name+".json")
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != string(want) {
			t.Errorf("%s is another than the golden one:\n%s", name, text)
		}
	}
	for name, holds := range map[string]string{
		"retention-cronjob": `"retain"`, "serving-with-keys": `"secretName": "` + pseudonyms + `"`,
		"pipeline-workflow": "--due={{workflow.scheduledTime}}",
	} {
		text, err := os.ReadFile(filepath.Join("testdata", "golden", name+".json"))
		if err != nil || !strings.Contains(string(text), holds) {
			t.Errorf("%s does not hold %s: %v", name, holds, err)
		}
	}
}
