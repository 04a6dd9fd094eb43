package monitor

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/job"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/components/slo"
)

const (
	scrapeType = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor"
	ruleType   = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
	cronType   = "kubernetes:batch/v1:CronJob"
)

func good() *Args {
	alert := "DatasetDrift"
	return &Args{
		Namespace: "credit-risk", Name: "scoring", Labels: map[string]string{"a": "b"},
		Scrape: &Scrape{Service: map[string]string{"name": "scoring", "traffic": "live"}, Port: "http",
			Path: "/metrics", Interval: "30s"},
		Alerts: []slo.Group{{Name: "endpoint", Rules: []slo.Rule{{Alert: &alert, Expr: "x"}}}},
		Drift: &job.Args{
			Namespace: "credit-risk", Name: "drift-scoring", Engine: job.CronJob,
			Schedule: "7 * * * *", Deadline: time.Hour,
			Pod: pod.Args{Image: pulumi.String("i:1"), Command: []string{pod.Binary, "drift", "--endpoint", "scoring"},
				ServiceAccount: "drift-scoring", CPU: "100m", Memory: "1Gi", Scratch: "1Gi"},
		},
	}
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "credit-risk-monitor-scoring", a)
		return err
	})
}

func TestTheEndpointsOwnLabelsSurviveBeingScraped(t *testing.T) {
	m := record(t, good()).One(t, scrapeType)
	for path, want := range map[string]any{
		"spec.endpoints.0.honorLabels": true, "spec.endpoints.0.port": "http", "spec.endpoints.0.path": "/metrics",
		"spec.endpoints.0.interval":         "30s",
		"spec.selector.matchLabels.traffic": "live", "metadata.namespace": "credit-risk",
	} {
		if got := m.At(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

func TestDriftIsJudgedOnASchedule(t *testing.T) {
	c := record(t, good()).One(t, cronType)
	if c.Text("spec.schedule") != "7 * * * *" ||
		c.Text("spec.jobTemplate.spec.template.spec.containers.0.command.1") != "drift" {
		t.Errorf("got %v", c.Inputs["spec"])
	}
}

func TestEachPartIsLeftOutWhereItIsNotAskedFor(t *testing.T) {
	a := good()
	a.Scrape, a.Alerts = nil, nil
	r := record(t, a)
	if len(r.All(scrapeType))+len(r.All(ruleType)) != 0 || len(r.All(cronType)) != 1 {
		t.Error("a cluster without Prometheus' objects would refuse these")
	}
	b := good()
	b.Drift = nil
	r = record(t, b)
	if len(r.All(cronType)) != 0 || len(r.All(scrapeType)) != 1 || len(r.All(ruleType)) != 1 {
		t.Error("an endpoint without drift is watched for it")
	}
}

func TestEveryProblemOfAMonitorIsReported(t *testing.T) {
	a := &Args{Namespace: "X", Name: "Y", Labels: map[string]string{"a": "b c"}, Scrape: &Scrape{},
		Drift: &job.Args{Name: "Z", Engine: job.Once}}
	err := a.Validate()
	for _, want := range []string{`namespace "X"`, `monitor "Y"`, "label a", "scrape every Service", "want all three",
		"on a schedule", `job "Z"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
}
