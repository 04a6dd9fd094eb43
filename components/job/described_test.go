package job

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

// staged is a job of three stages, one in pods side by side and one in an image of
// its own, and of an end.
func staged() *Args {
	a := good(Argo)
	base := a.Pod
	base.Command = nil
	own := base
	own.Image, own.Runtime, own.GPU = pulumi.Sprintf("registry/%s:1",
		pulumi.String("train").ToStringOutput()), base.Image, 1
	own.NodeSelector = map[string]string{"disk": "ssd"}
	own.Env = map[string]pulumi.StringInput{"ASHLAR_STORE": pulumi.String("s3://b").ToStringOutput()}
	own.Tolerate, own.Pool = []pod.Toleration{{Key: "gpu", Operator: "Exists"}},
		&pod.Pool{Label: "pool", Value: "training"}
	a.Stages = []Stage{
		{
			Name: "ingest", Command: append(Text(pod.Binary, "stage", "--run"), Word{Value: Run},
				Word{Before: "--date=", Value: Date},
				Word{Before: "--due=", Value: Due}), Pod: base, Retries: 3, RetryDelay: time.Minute,
		},
		{Name: "train-parts", After: []string{"ingest"},
			Command: append(Text(pod.Installed, "stage"), Word{Value: Part, After: "/4"}), Pod: own, Fan: 4},
		{Name: "train", After: []string{"ingest", "train-parts"}, Command: Text(pod.Installed, "stage"), Pod: own},
	}
	a.Finish = append(Text(pod.Binary, "finish"), Word{Before: "--status=", Value: Status})
	return a
}

// both registers the job and its description.
func both(t *testing.T, a *Args) *pulumitest.Recording {
	t.Helper()
	return pulumitest.Must(t, func(ctx *pulumi.Context) error {
		if _, err := New(ctx, "credit-risk-nightly", a); err != nil {
			return err
		}
		return Describe(ctx, "credit-risk-nightly", a)
	})
}

func TestADescriptionIsTheStagesOfTheWorkflow(t *testing.T) {
	r := both(t, staged())
	w, d := r.One(t, templateType), r.One(t, DescribedType)
	if !d.Component || d.Text("namespace") != "credit-risk" || d.Text("name") != "nightly" {
		t.Errorf("described as %v", d.Inputs)
	}
	for described, template := range map[string]string{
		"stages.0": "spec.templates.1", "stages.1": "spec.templates.2", "stages.2": "spec.templates.3",
		"finish": "spec.templates.4",
	} {
		spec := described + ".pod.spec."
		for at, argos := range map[string]string{
			described + ".name": ".name", described + ".pod.metadata": ".metadata", spec + "volumes": ".volumes",
			spec + "initContainers": ".initContainers", spec + "affinity": ".affinity", spec +
				"tolerations": ".tolerations",
			spec + "nodeSelector": ".nodeSelector", spec + "containers.0.image": ".container.image",
			spec + "containers.0.env": ".container.env", spec + "containers.0.resources": ".container.resources",
		} {
			if got, want := asJSON(t, d.At(at)), asJSON(t, w.At(template+argos)); got != want {
				t.Errorf("%s is\n%s and in the workflow\n%s", at, got, want)
			}
		}
		holds(t, d, map[string]any{spec + "containers.0.command": nil, spec + "restartPolicy": "Never", spec +
			"serviceAccountName": "pipeline-nightly",
			spec + "automountServiceAccountToken": false})
	}
	holds(t, d, map[string]any{
		"stages.0.retries": 3.0, "stages.0.delay": 60.0, "stages.1.fan": 4.0, "stages.1.after.0": "ingest",
		"stages.2.after.1":         "train-parts",
		"stages.0.command.3.value": "run", "stages.0.command.4.before": "--date=",
		"stages.1.command.2.after": "/4", "finish.retries": 3.0,
		"stages.1.pod.spec.containers.0.image": "registry/train:1", "finish.command.2.value": "status",
	})
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestArgoCompletesCommandsInItsOwnSyntax(t *testing.T) {
	w := both(t, staged()).One(t, templateType)
	for path, want := range map[string]string{
		"spec.templates.1.container.command": "[/bin/ashlar-runtime stage --run " +
			"{{workflow.creationTimestamp.Y}}{{workflow.creationTimestamp.m}}{{workflow.creationTimestamp.d}}T" +
			"{{workflow.creationTimestamp.H}}{{workflow.creationTimestamp.M}}{{workflow.creationTimestamp.S}}Z-{{workflow.uid}} " +
			"--date={{workflow.parameters.date}} --due={{workflow.scheduledTime}}]",
		"spec.templates.2.container.command": "[/ashlar/ashlar-runtime stage {{inputs.parameters.part}}/4]",
		"spec.templates.4.container.command": "[/bin/ashlar-runtime finish --status={{workflow.status}}]",
	} {
		if got := fmt.Sprint(w.At(path)); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestADescriptionWithoutAnEndHasNone(t *testing.T) {
	a := staged()
	a.Finish, a.Pod.Command = nil, []string{pod.Binary}
	holds(t, both(t, a).One(t, DescribedType), map[string]any{"finish": nil, "stages.0.name": "ingest"})
}

func TestStagesWithoutACommandAreRefused(t *testing.T) {
	a := staged()
	a.Stages[1].Command, a.Stages[1].Pod.Command = nil, []string{"unread"}
	a.Finish = Text("")
	r, err := pulumitest.Run(func(ctx *pulumi.Context) error { return Describe(ctx, "x", a) })
	if err == nil || len(r.Resources) != 0 || !strings.Contains(err.Error(), "stage train-parts: pod: no command") ||
		!strings.Contains(err.Error(), "job nightly: pod: no command") {
		t.Errorf("%v after %d resources", err, len(r.Resources))
	}
}

func TestACommandAsksOnlyForWhatItsPodCanBeTold(t *testing.T) {
	for want, change := range map[string]func(*Args){
		`stage ingest: no run has a value "weather"`: func(a *Args) { a.Stages[0].Command[0].Value = "weather" },
		"stage ingest: it is one pod":                func(a *Args) { a.Stages[0].Command[0].Value = Part },
		"stage ingest: its command asks how the run": func(a *Args) { a.Stages[0].Command[0].Value = Status },
		"stage finish: it is one pod":                func(a *Args) { a.Finish[0].Value = Part },
	} {
		a := staged()
		change(a)
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := staged().Validate(); err != nil {
		t.Error(err)
	}
}
