package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// withDAGs are the flags of a rendering whose pipelines are stages.
func withDAGs(out string, more ...string) []string {
	return anywhere(out, append([]string{"--env", "prod", "--config", "pipelines=argo"}, more...)...)
}

// dagTask is a task of a DAG file as Python reads it.
type dagTask struct {
	Command []string       `json:"command"`
	Pod     map[string]any `json:"pod"`
	Retries int            `json:"retries"`
	Delay   int            `json:"delay"` // seconds
}

// readDAG takes the tasks out of the DAG file's syntax tree: no Airflow is needed.
const readDAG = `
import ast, json, sys
tasks = {}
for n in ast.walk(ast.parse(open(sys.argv[1]).read())):
    if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "stage":
        name, command, pod, retries, delay = [ast.literal_eval(a) for a in n.args]
        tasks[name] = {"command": command, "pod": pod, "retries": retries, "delay": delay}
print(json.dumps(tasks))
`

func tasksOf(t *testing.T, file string) map[string]dagTask {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("skipped: there is no python3 to read the DAG file with")
	}
	text, err := exec.CommandContext(t.Context(), python, "-c", readDAG, file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var out map[string]dagTask
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

// argosPods are the pods of a rendered workflow: pod templates by stage as the
// cluster makes them of Argo's templates, with the command and the retries apart.
func argosPods(t *testing.T, text string) map[string]dagTask {
	t.Helper()
	var w struct {
		Spec struct {
			ServiceAccountName string
			SecurityContext    map[string]any
			Templates          []map[string]any
		}
	}
	// By way of JSON, whose numbers are those of the other side.
	var values map[string]any
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(plain, &w); err != nil {
		t.Fatal(err)
	}
	out := map[string]dagTask{}
	for _, one := range w.Spec.Templates {
		container, ok := one["container"].(map[string]any)
		if !ok {
			continue // the graph
		}
		var task dagTask
		for _, word := range container["command"].([]any) {
			task.Command = append(task.Command, word.(string))
		}
		if retry, ok := one["retryStrategy"].(map[string]any); ok {
			task.Retries = int(retry["limit"].(float64))
			if _, err := fmt.Sscanf(retry["backoff"].(map[string]any)["duration"].(string), "%ds",
				&task.Delay); err != nil {
				t.Fatal(err)
			}
		}
		delete(container, "command")
		container["name"] = "base"
		spec := map[string]any{
			"serviceAccountName": w.Spec.ServiceAccountName,
			"securityContext":    w.Spec.SecurityContext, "restartPolicy": "Never",
			"automountServiceAccountToken": false, "enableServiceLinks": false, "containers": []any{container},
		}
		for _, key := range []string{"volumes", "initContainers", "affinity", "tolerations", "nodeSelector",
			"priorityClassName"} {
			if one[key] != nil {
				spec[key] = one[key]
			}
		}
		task.Pod = map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": one["metadata"], "spec": spec}
		out[one["name"].(string)] = task
	}
	return out
}

// inWords is what Airflow says for Argo's words.
var inWords = strings.NewReplacer("{{workflow.parameters.date}}", "{{ run_date(dag_run) }}",
	"{{workflow.creationTimestamp.Y}}{{workflow.creationTimestamp.m}}{{workflow.creationTimestamp.d}}T"+
		"{{workflow.creationTimestamp.H}}{{workflow.creationTimestamp.M}}{{workflow.creationTimestamp.S}}Z-{{workflow.uid}}",
	"{{ run_name(dag_run) }}")

// TestThePodsOfADAGAreThoseOfTheWorkflow compares every task of the DAG files with
// its stage in the rendered WorkflowTemplate, word for word.
func TestThePodsOfADAGAreThoseOfTheWorkflow(t *testing.T) {
	for _, c := range []struct{ folder, workflow, dag string }{
		{"testdata/staged", "ashlar-staged-prod/workflowtemplate-l.yaml", "staged_l.py"},
		{examples + "credit", "ashlar-credit-risk-prod/workflowtemplate-nightly.yaml", "credit-risk_nightly.py"},
	} {
		out := t.TempDir()
		for _, only := range []string{"manifests", "airflow"} {
			if code, said := command(t, withDAGs(out, "--only", only, "--start-date", "2026-11-01",
				c.folder)...); code != plan.ExitOK {
				t.Fatalf("exit code %d:\n%s", code, said)
			}
		}
		tasks := tasksOf(t, filepath.Join(out, "dags", c.dag))
		stages := argosPods(t, files(t, out)["manifests/"+c.workflow])
		if len(stages) < 7 || len(tasks) < len(stages) {
			t.Errorf("%s: %d tasks of %d stages", c.dag, len(tasks), len(stages))
		}
		for _, id := range slices.Sorted(maps.Keys(tasks)) {
			task, part := tasks[id], ""
			stage, ok := stages[id]
			if !ok { // one of several
				name, number, _ := cutLast(id, "-")
				stage, part = stages[name], number
			}
			compareTask(t, c.dag+": "+id, task, stage, part)
		}
	}
}

// compareTask compares a task with the stage that it is, or is the part of.
func compareTask(t *testing.T, what string, task, stage dagTask, part string) {
	t.Helper()
	if !reflect.DeepEqual(task.Pod, stage.Pod) {
		t.Errorf("%s is the pod\n%v\nand in the workflow\n%v", what, task.Pod, stage.Pod)
	}
	var want []string
	for _, word := range stage.Command {
		if strings.HasPrefix(word, "--due=") || strings.HasPrefix(word, "--status=") {
			continue // Airflow does not say
		}
		want = append(want, inWords.Replace(strings.ReplaceAll(word, "{{inputs.parameters.part}}", part)))
	}
	if !slices.Equal(task.Command, want) {
		t.Errorf("%s runs\n%q\nand in the workflow\n%q", what, task.Command, want)
	}
	if task.Retries != stage.Retries || stage.Retries > 0 && task.Delay != stage.Delay {
		t.Errorf("%s: %d retries after %d s, in the workflow %d after %d s", what, task.Retries, task.Delay,
			stage.Retries, stage.Delay)
	}
}

// cutLast cuts the text around the last separator.
func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

func TestADAGNeedsPipelinesThatAreStages(t *testing.T) {
	code, said := command(t, anywhere(t.TempDir(), "--env", "prod", "--only", "airflow", examples+"credit")...)
	if code != plan.ExitInput || !strings.Contains(said, "set pipelines to argo") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
}

// TestEachBlueprintHasItsOwnDAGs also where two have pipelines of one name.
func TestEachBlueprintHasItsOwnDAGs(t *testing.T) {
	out := t.TempDir()
	if code, said := command(t, withDAGs(out, "--only", "airflow", examples+"credit", examples+
		"churn")...); code != plan.ExitOK {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	got := files(t, out)
	for file, namespace := range map[string]string{"dags/credit-risk_nightly.py": "ashlar-credit-risk-prod",
		"dags/customer-churn_weekly.py": "ashlar-customer-churn-prod"} {
		if !strings.Contains(got[file], fmt.Sprintf("NAMESPACE = %q", namespace)) {
			t.Errorf("%s is not of namespace %s:\n%.900s", file, namespace, got[file])
		}
	}
}
