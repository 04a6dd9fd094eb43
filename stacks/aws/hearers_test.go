package aws

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/namespace"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

func TestAPipelineReachesWhomItTells(t *testing.T) {
	p := &plan.Plan{
		Name: "p", Pipelines: map[string]plan.Pipeline{
			"a": {OnFailure: plan.OnFailure{Email: []string{"x@example.com"},
				Webhook: "https://hooks.example.com:8443/x"}}, "b": {},
		},
		Tracking: &plan.Tracking{MLflow: &plan.MLflow{URI: "http://mlflow.tools.svc:5000"},
			WandB: &plan.WandB{BaseURL: "https://api.wandb.ai"}},
	}
	reached := func(list []namespace.Peer) string {
		var out []string
		for _, peer := range list {
			cidr, _ := peer.CIDR.(pulumi.String)
			out = append(out, fmt.Sprintf("%s%s%v", cidr, peer.Namespace, peer.Ports))
		}
		slices.Sort(out)
		return fmt.Sprint(out)
	}
	if got, want := reached(lineage.Trackers(p)), "[0.0.0.0/0[443] tools[5000]]"; got != want {
		t.Errorf("trackers %s, want %s", got, want)
	}
	for mail, want := range map[string]string{
		"": "[0.0.0.0/0[8443]]", "smtp.example.com:465": "[0.0.0.0/0[465] 0.0.0.0/0[8443]]",
		"10.1.2.3:25":        "[0.0.0.0/0[8443] 10.1.2.3/32[25]]",
		"relay.mail.svc:587": "[0.0.0.0/0[8443] mail[587]]",
	} {
		if got := reached(lineage.Alarms(p.Pipelines["a"], mail)); got != want {
			t.Errorf("with mail server %q: %s, want %s", mail, got, want)
		}
		if got := reached(lineage.Alarms(p.Pipelines["b"], mail)); got != "[]" {
			t.Errorf("a pipeline that tells nobody reaches %s", got)
		}
	}
}

func TestADatabaseIsReachedWhereItIs(t *testing.T) {
	for database, want := range map[string]string{
		"postgres://u:p@10.1.2.3:5433/d":             "10.1.2.3/32[5433]",
		"postgres://u:p@db.data.svc:5432/d":          "data[5432]",
		"postgres://u:p@db.example.com/d":            "192.0.2.0/24[5432]",
		"postgres://u:p@[2001:db8::1]:5432/d":        "2001:db8::1/128[5432]",
		"postgres://u:p@db.data.svc.cluster.local/d": "data[5432]",
	} {
		list := lineage.Anywhere("s3://b", database, []string{"192.0.2.0/24"}).Database
		cidr, _ := list[0].CIDR.(pulumi.String)
		if got := fmt.Sprintf("%s%s%v", cidr, list[0].Namespace, list[0].Ports); got != want || len(list) != 1 {
			t.Errorf("%s is reached at %s, want %s", database, got, want)
		}
	}
	if c := elsewhere().Filled(); !slices.Equal(c.DatabaseCIDRs, config.PrivateRanges) {
		t.Errorf("a database with a name is looked for in %v", c.DatabaseCIDRs)
	}
}

// TestADriftMonitorThatRetrainsTellsAsAPipelineDoes: its runs fail like others,
// and whoever is told of them asks for the same credentials.
func TestADriftMonitorThatRetrainsTellsAsAPipelineDoes(t *testing.T) {
	told := map[string]bool{}
	for _, c := range registered(t, elsewhere(), credit(), churn()).All("kubernetes:batch/v1:CronJob") {
		told[c.Text("metadata.name")] = strings.Contains(fmt.Sprint(c.Inputs), config.SettingsSecret)
	}
	want := map[string]bool{"nightly": true, "drift-scoring": true, "drift-churn": false, "retention-data": false}
	for name, holds := range want {
		if got, there := told[name]; !there || got != holds {
			t.Errorf("job %s: there %t, given the settings %t, want %t", name, there, got, holds)
		}
	}
	with := credit()
	line := with.Pipelines["nightly"]
	line.Stages = map[string]plan.Stage{"own": {}}
	if retrainedAs(line, line.Model) || !retrainedAs(with.Pipelines["nightly"], line.Model) ||
		retrainedAs(with.Pipelines["nightly"], "other") {
		t.Error("drift runs the stages of the model alone, and of no other model")
	}
}
