package job

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

const (
	cronType     = "kubernetes:batch/v1:CronJob"
	onceType     = "kubernetes:batch/v1:Job"
	templateType = "kubernetes:argoproj.io/v1alpha1:WorkflowTemplate"
	scheduleType = "kubernetes:argoproj.io/v1alpha1:CronWorkflow"
)

func good(engine string) *Args {
	return &Args{
		Namespace: "credit-risk", Name: "nightly", Engine: engine,
		Labels: map[string]string{"app.kubernetes.io/name": "nightly"},
		Pod: pod.Args{
			Image: pulumi.String("registry/runtime:1"), Command: []string{pod.Binary, "run", "--model", "default-risk"},
			ServiceAccount: "pipeline-nightly",
			CPU:            "1", Memory: "4Gi", Scratch: "20Gi", Plan: "plan-1",
			Labels: map[string]string{"app": "nightly"}, DoNotDisrupt: true,
		},
		Schedule: "@daily", Retries: 2, RetryDelay: 5 * time.Minute, Deadline: 6 * time.Hour,
		Metric: map[string]string{"pipeline": "nightly", "blueprint": "credit-risk"},
	}
}

func record(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "credit-risk-nightly", a)
		return err
	})
}

// holds compares inputs at paths.
func holds(t *testing.T, r pulumitest.Resource, want map[string]any) {
	t.Helper()
	for path, w := range want {
		if got := r.At(path); got != w {
			t.Errorf("%s: %s is %v, want %v", r.Type, path, got, w)
		}
	}
}

func TestACronJobRunsOneAtATimeAndRepeatsWhatBroke(t *testing.T) {
	c := record(t, good(CronJob)).One(t, cronType)
	const run = "spec.jobTemplate.spec."
	holds(t, c, map[string]any{
		"spec.schedule": "@daily", "spec.timeZone": "Etc/UTC", "spec.suspend": false,
		"spec.concurrencyPolicy": "Forbid", "spec.startingDeadlineSeconds": 600.0,
		run + "backoffLimit": 2.0, run + "activeDeadlineSeconds": 21600.0, run + "template.spec.restartPolicy": "Never",
		run + "template.spec.containers.0.command.1":               "run",
		run + "podFailurePolicy.rules.0.action":                    "FailJob",
		run + "podFailurePolicy.rules.1.action":                    "Ignore",
		run + "template.spec.serviceAccountName":                   "pipeline-nightly",
		run + "template.spec.securityContext.runAsUser":            65532.0,
		run + "ttlSecondsAfterFinished":                            604800.0,
		run + "podFailurePolicy.rules.0.onExitCodes.operator":      "In",
		run + "podFailurePolicy.rules.0.onExitCodes.containerName": "ashlar",
	})
	if codes := fmt.Sprint(c.At(run + "podFailurePolicy.rules.0.onExitCodes.values")); codes != "[1 2]" {
		t.Errorf("exit codes %s would come to the same", codes)
	}
	notes := c.At(run + "template.metadata.annotations").(map[string]any)
	if notes["karpenter.sh/do-not-disrupt"] != "true" {
		t.Error("Karpenter may move a run before it has ended")
	}
}

func TestWhatRunsWaitsInTheQueueAndWhatEndsARunDoesNot(t *testing.T) {
	const label = "kueue.x-k8s.io/queue-name"
	a := good(CronJob)
	a.Queue = "pipelines"
	c := record(t, a).One(t, cronType)
	if labels := c.At("spec.jobTemplate.metadata.labels").(map[string]any); labels[label] != "pipelines" {
		t.Errorf("the job's labels are %v", labels)
	}
	if labels := c.At("spec.jobTemplate.spec.template.metadata.labels").(map[string]any); labels[label] != nil {
		t.Errorf("the pod waits besides its job: %v", labels)
	}
	a = good(Argo)
	a.Queue = "pipelines"
	a.Stages = []Stage{{Name: "train", Command: []Word{{Before: pod.Binary}}, Pod: a.Pod}}
	a.Finish = []Word{{Before: pod.Binary}}
	waits := map[string]any{}
	for _, one := range record(t, a).One(t, templateType).At("spec.templates").([]any) {
		if m, ok := one.(map[string]any)["metadata"].(map[string]any); ok {
			waits[one.(map[string]any)["name"].(string)] = m["labels"].(map[string]any)[label]
		}
	}
	if waits["train"] != "pipelines" || waits["finish"] != nil || len(waits) != 2 {
		t.Errorf("queues of the templates: %v", waits)
	}
}

func TestAScheduleMayHaveATimeZone(t *testing.T) {
	a := good(CronJob)
	a.Schedule, a.Timezone = "0 3 * * 1", "Europe/Berlin"
	holds(t, record(t, a).One(t, cronType),
		map[string]any{"spec.schedule": "0 3 * * 1", "spec.timeZone": "Europe/Berlin"})
	w := good(Argo)
	w.Schedule, w.Timezone = "@weekly", "Asia/Tokyo"
	holds(t, record(t, w).One(t, scheduleType),
		map[string]any{"spec.schedules.0": "@weekly", "spec.timezone": "Asia/Tokyo"})
}

func TestCatchupStartsAMissedRunUpToAYearLate(t *testing.T) {
	a := good(CronJob)
	a.Catchup = true
	holds(t, record(t, a).One(t, cronType), map[string]any{"spec.startingDeadlineSeconds": 31622400.0})
	w := good(Argo)
	w.Catchup = true
	holds(t, record(t, w).One(t, scheduleType), map[string]any{"spec.startingDeadlineSeconds": 31622400.0})
}

func TestWithoutAScheduleItWaitsForAPerson(t *testing.T) {
	a := good(CronJob)
	a.Schedule = ""
	holds(t, record(t, a).One(t, cronType), map[string]any{"spec.suspend": true})
	w := good(Argo)
	w.Schedule = ""
	r := record(t, w)
	if len(r.All(scheduleType)) != 0 || len(r.All(templateType)) != 1 {
		t.Errorf("got %d schedules and %d templates", len(r.All(scheduleType)), len(r.All(templateType)))
	}
}

func TestAWorkflowSaysEverythingThatArgoWouldOtherwiseGuess(t *testing.T) {
	r := record(t, good(Argo))
	w := r.One(t, templateType)
	holds(t, w, map[string]any{
		"metadata.name": "nightly", "spec.entrypoint": "run", "spec.serviceAccountName": "pipeline-nightly",
		"spec.activeDeadlineSeconds":                                        21600.0,
		"spec.templates.0.container.command.0":                              pod.Binary,
		"spec.templates.0.container.args":                                   nil,
		"spec.templates.0.container.securityContext.readOnlyRootFilesystem": true,
		"spec.templates.0.container.volumeMounts.1.mountPath":               "/etc/ashlar",
		"spec.templates.0.volumes.1.configMap.name":                         "plan-1",
		"spec.templates.0.retryStrategy.backoff.factor":                     2.0,
		"spec.securityContext.runAsNonRoot":                                 true,
		"spec.templates.0.retryStrategy.limit":                              2.0,
		"spec.templates.0.retryStrategy.retryPolicy":                        "Always",
		"spec.templates.0.retryStrategy.backoff.duration":                   "300s",
		"spec.templates.0.metadata.labels.app":                              "nightly",
		"spec.synchronization.mutexes.0.name":                               "pipeline-nightly",
		"spec.metrics.prometheus.0.name":                                    "ashlar_pipeline_failed",
		"spec.metrics.prometheus.0.gauge.value":                             "0",
		"spec.metrics.prometheus.1.when":                                    "{{workflow.status}} != Succeeded",
		"spec.metrics.prometheus.1.labels.0.key":                            "blueprint",
	})
	holds(t, r.One(t, scheduleType), map[string]any{
		"spec.workflowSpec.workflowTemplateRef.name": "nightly", "spec.concurrencyPolicy": "Forbid",
		"spec.schedules.0": "@daily", "spec.startingDeadlineSeconds": 600.0,
	})
	if got := w.Text("spec.templates.0.retryStrategy.expression"); got != `!(lastRetry.exitCode in ["1", "2"])` {
		t.Errorf("retried when %s", got)
	}
	none := good(Argo)
	none.Retries = 0
	if s := record(t, none).One(t, templateType).At("spec.templates.0.retryStrategy"); s != nil {
		t.Errorf("no retries: %v", s)
	}
}

func TestArgosOwnContainersAreConfinedTooAndTheyAloneHaveAToken(t *testing.T) {
	r := record(t, good(Argo))
	w := r.One(t, templateType)
	var patch struct {
		Volumes                    []struct{ Name string }
		InitContainers, Containers []struct {
			Name            string
			SecurityContext struct {
				AllowPrivilegeEscalation, ReadOnlyRootFilesystem, RunAsNonRoot *bool
				Capabilities                                                   struct{ Drop []string }
			}
			VolumeMounts []struct{ Name, MountPath string }
		}
	}
	if err := json.Unmarshal([]byte(w.Text("spec.podSpecPatch")), &patch); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range slices.Concat(patch.InitContainers, patch.Containers) {
		names = append(names, c.Name)
		s := c.SecurityContext
		if s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || s.RunAsNonRoot == nil ||
			!*s.RunAsNonRoot || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem ||
			!slices.Equal(s.Capabilities.Drop, []string{"ALL"}) {
			t.Errorf("%s: %+v", c.Name, s)
		}
		if len(c.VolumeMounts) != 1 || c.VolumeMounts[0].Name != patch.Volumes[0].Name {
			t.Errorf("%s has no token to report with: %+v", c.Name, c.VolumeMounts)
		}
	}
	if !slices.Equal(names, []string{"init", "wait"}) {
		t.Errorf("the patch is for %v; our container is main", names)
	}
	holds(t, w, map[string]any{"spec.automountServiceAccountToken": nil})
	holds(t, r.One(t, "kubernetes:core/v1:ServiceAccount"), map[string]any{"automountServiceAccountToken": false})
}

func TestAWorkflowMayReportItsResultAndNothingElse(t *testing.T) {
	r := record(t, good(Argo))
	role := r.One(t, "kubernetes:rbac.authorization.k8s.io/v1:Role")
	if rules := fmt.Sprint(role.At("rules")); rules != "[map[apiGroups:[argoproj.io] resources:[workflowtaskresults] verbs:[create patch]]]" {
		t.Errorf("it may %s", rules)
	}
	holds(t, r.One(t, "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"),
		map[string]any{"subjects.0.name": "pipeline-nightly", "roleRef.name": "pipeline-nightly"})
	if roles := record(t, good(CronJob)).All("kubernetes:rbac.authorization.k8s.io/v1:Role"); len(roles) != 0 {
		t.Error("a CronJob's pods need nothing of the API server")
	}
	holds(t, record(t, good(CronJob)).One(t, "kubernetes:core/v1:ServiceAccount"),
		map[string]any{"automountServiceAccountToken": false})
}

func TestAChangedScheduleChangesOneObject(t *testing.T) {
	later := good(Argo)
	later.Schedule = "@weekly"
	if changed := pulumitest.Changed(record(t, good(Argo)), record(t, later)); !slices.Equal(changed,
		[]string{scheduleType + " credit-risk-nightly-schedule"}) {
		t.Errorf("changed: %v", changed)
	}
}

func TestOnceIsAJobThatStays(t *testing.T) {
	a := good(Once)
	a.Schedule = ""
	holds(t, record(t, a).One(t, onceType),
		map[string]any{"spec.backoffLimit": 2.0, "spec.ttlSecondsAfterFinished": nil,
			"spec.template.spec.restartPolicy": "Never"})
}

func TestEveryProblemOfAJobIsReported(t *testing.T) {
	a := &Args{Name: strings.Repeat("n", 53), Namespace: "X", Engine: "airflow", Schedule: "now", Retries: 99,
		RetryDelay: -1, Labels: map[string]string{"a": "b c"}}
	err := a.Validate()
	for _, want := range []string{"at most 52", `namespace "X"`, `engine "airflow"`, `schedule "now"`, "99 retries",
		"retry delay", "deadline", "no image", "label a"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
	for name, change := range map[string]func(*Args){
		"runs once":        func(a *Args) { a.Engine = Once },
		"five cron fields": func(a *Args) { a.Schedule = "CRON_TZ=Europe/Berlin 0 0 * * *" },
		"time zone":        func(a *Args) { a.Timezone = "Local" }, "whole seconds": func(a *Args) { a.RetryDelay = 0 },
	} {
		a := good(Argo)
		change(a)
		r, err := pulumitest.Run(func(ctx *pulumi.Context) error {
			_, err := New(ctx, "x", a)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), name) || len(r.Resources) != 0 {
			t.Errorf("%s: %v after %d resources", name, err, len(r.Resources))
		}
	}
}
