package airflow

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

var update = flag.Bool("update", false, "rewrite golden files")

// workflow is a template of three stages, one in two pods, and an end.
const workflow = `{
  "metadata": {"name": "nightly", "namespace": "credit"},
  "spec": {
    "entrypoint": "run", "serviceAccountName": "pipeline-nightly", "onExit": "finish", "securityContext": {"runAsNonRoot": true},
    "templates": [
      {"name": "run", "dag": {"tasks": [
        {"name": "ingest", "template": "ingest"},
        {"name": "validate-parts", "template": "validate-parts", "dependencies": ["ingest"], "withSequence": {"count": "2"}},
        {"name": "validate", "template": "validate", "dependencies": ["ingest", "validate-parts"]}
      ]}},
      {"name": "ingest", "retryStrategy": {"limit": 3, "backoff": {"duration": "60s"}}, "metadata": {"labels": {"a": "b"}}, "volumes": [{"name": "tmp", "emptyDir": {}}],
       "container": {"name": "ashlar", "image": "r/x:1", "command": ["/bin/ashlar-runtime", "stage", "--run", "{{workflow.creationTimestamp.Y}}Z-{{workflow.uid}}", "--date={{workflow.parameters.date}}", "--due={{workflow.scheduledTime}}"]}},
      {"name": "validate-parts", "container": {"image": "r/x:1", "command": ["/bin/ashlar-runtime", "stage", "--part", "{{inputs.parameters.part}}/2"]}},
      {"name": "validate", "container": {"image": "r/x:1", "command": ["/bin/ashlar-runtime", "stage", "--parts", "2"]}},
      {"name": "finish", "container": {"image": "r/x:1", "command": ["/bin/ashlar-runtime", "finish", "--run", "{{workflow.uid}}", "--status={{workflow.status}}"]}}
    ]
  }
}`

func argo(t *testing.T) Workflow {
	t.Helper()
	var w Workflow
	if err := json.Unmarshal([]byte(workflow), &w); err != nil {
		t.Fatal(err)
	}
	return w
}

func credit() *plan.Plan {
	return &plan.Plan{
		Name: "credit-risk", Environment: "prod", Owner: plan.Owner{Team: "lending", Email: "l@example.com"},
		Pipelines: map[string]plan.Pipeline{"nightly": {
			Model: "m", Schedule: "0 3 * * *", Catchup: true, Retries: 2, RetryDelay: "5m",
			OnFailure: plan.OnFailure{Email: []string{"oncall@example.com"}},
		}},
	}
}

var start = Options{StartDate: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}

// dumped is what Python makes of a DAG file.
type dumped struct {
	DAG struct {
		ID          string   `json:"dag_id"`
		Description string   `json:"description"`
		Schedule    any      `json:"schedule"`
		Start       string   `json:"start_date"`
		Catchup     bool     `json:"catchup"`
		MaxActive   int      `json:"max_active_runs"`
		MaxTasks    int      `json:"max_active_tasks"`
		Timeout     string   `json:"dagrun_timeout"`
		Tags        []string `json:"tags"`
		Defaults    struct {
			Owner          string   `json:"owner"`
			Email          []string `json:"email"`
			EmailOnFailure bool     `json:"email_on_failure"`
			Retries        int      `json:"retries"`
			RetryDelay     string   `json:"retry_delay"`
		} `json:"default_args"`
	} `json:"dag"`
	Tasks map[string]struct {
		Upstream   []string       `json:"upstream"`
		Teardown   bool           `json:"teardown"`
		Command    []string       `json:"command"`
		Pod        map[string]any `json:"pod"`
		Retries    int            `json:"retries"`
		RetryDelay string         `json:"retry_delay"`
		Namespace  string         `json:"namespace"`
	} `json:"tasks"`
	Runs map[string]map[string][]string `json:"runs"` // commands, by how a run began and by task
}

// atThree is when the runs are due that the stand-in for Airflow makes.
const atThree = "2026-03-08T07:00:00+00:00"

// python runs the file with a stand-in for Airflow.
func python(t *testing.T, text []byte) dumped {
	t.Helper()
	d, said, err := stoodIn(t, text, "UTC")
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, said, text)
	}
	return d
}

// stoodIn is python on a machine of the zone; said is what it printed.
func stoodIn(t *testing.T, text []byte, zone string) (d dumped, said string, err error) {
	t.Helper()
	interpreter, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("skipped: there is no python3 to read the DAG file with")
	}
	file := filepath.Join(t.TempDir(), "dag.py")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(interpreter, "testdata/dump.py", file, atThree)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "TZ="+zone)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return d, string(out), err
	}
	return d, string(out), json.Unmarshal(out, &d)
}

func TestTheFileIsWhatWasReviewed(t *testing.T) {
	got, err := Render(credit(), "nightly", argo(t), start)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "nightly.py")
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the DAG file differs from %s:\n%s", file, got)
	}
}

func TestPythonMakesOfItWhatThePlanSays(t *testing.T) {
	text, err := Render(credit(), "nightly", argo(t), start)
	if err != nil {
		t.Fatal(err)
	}
	d := python(t, text)
	if d.DAG.ID != "credit-risk_nightly" || fmt.Sprint(d.DAG.Schedule) != "map[cron:0 3 * * * timezone:UTC]" ||
		!d.DAG.Catchup || d.DAG.MaxActive != 1 || d.DAG.MaxTasks != 5 || d.DAG.Timeout != "12:00:00" ||
		!strings.HasPrefix(d.DAG.Start, "2026-11-01") {
		t.Errorf("the DAG is %+v", d.DAG)
	}
	if f := d.DAG.Defaults; f.Owner != "lending" || !f.EmailOnFailure || len(f.Email) != 1 || f.Retries != 2 ||
		f.RetryDelay != "0:05:00" {
		t.Errorf("default_args are %+v", f)
	}
	edges := map[string]string{
		"ingest": "", "validate-parts-0": "ingest", "validate-parts-1": "ingest",
		"validate": "ingest validate-parts-0 validate-parts-1", "finish": "validate",
	}
	if len(d.Tasks) != len(edges) {
		t.Errorf("%d tasks, want %d", len(d.Tasks), len(edges))
	}
	for name, upstream := range edges {
		task := d.Tasks[name]
		if strings.Join(task.Upstream, " ") != upstream || task.Teardown != (name == "finish") ||
			task.Namespace != "credit" {
			t.Errorf("%s comes after %v, teardown %v", name, task.Upstream, task.Teardown)
		}
		spec, _ := task.Pod["spec"].(map[string]any)
		if spec["serviceAccountName"] != "pipeline-nightly" || at(spec, "securityContext", "runAsNonRoot") != true ||
			spec["automountServiceAccountToken"] != false {
			t.Errorf("%s runs in %v", name, task.Pod)
		}
		if c := list(spec["containers"]); len(c) != 1 || c[0]["image"] != "r/x:1" ||
			c[0]["name"] != "base" || c[0]["command"] != nil {
			t.Errorf("%s: containers %v", name, c)
		}
	}
	if i := d.Tasks["ingest"]; i.Retries != 3 || i.RetryDelay != "0:01:00" || len(i.Command) != 5 ||
		i.Command[3] != "{{ run_name(dag_run) }}" || i.Command[4] != "--date={{ run_date(dag_run) }}" {
		t.Errorf("ingest: %d retries after %s, command %q", i.Retries, i.RetryDelay, i.Command)
	}
	if c := d.Tasks["validate-parts-1"].Command; c[3] != "1/2" {
		t.Errorf("the second part is %q", c)
	}
	if c := d.Tasks["finish"].Command; len(c) != 4 || c[3] != "{{ run_name(dag_run) }}" {
		t.Errorf("the end is told %q", c)
	}
	if v := d.Tasks["validate"]; v.Retries != 0 {
		t.Errorf("validate has no retries in the workflow, and %d here", v.Retries)
	}
}

func TestNothingInATextEndsIt(t *testing.T) {
	hostile := "\"\"\" + __import__('os').system('false') + \"\\\n'{{ }} \u2028 \U0001f600 \xff"
	p, w := credit(), argo(t)
	line := p.Pipelines["nightly"]
	line.Description, line.Schedule = hostile, ""
	p.Pipelines["nightly"] = line
	p.Owner.Team = hostile
	w["spec"].(map[string]any)["templates"].([]any)[1].(map[string]any)["container"].(map[string]any)["image"] = hostile
	text, err := Render(p, "nightly", w, start)
	if err != nil {
		t.Fatal(err)
	}
	d := python(t, text)
	want := strings.ToValidUTF8(hostile, "\ufffd")
	if d.DAG.Description != want || d.DAG.Defaults.Owner != want || d.DAG.Schedule != nil {
		t.Errorf("Python read %q, want %q", d.DAG.Description, want)
	}
	spec, _ := d.Tasks["ingest"].Pod["spec"].(map[string]any)
	if c := list(spec["containers"]); len(c) != 1 || c[0]["image"] != strings.ToValidUTF8(hostile, "\ufffd") {
		t.Errorf("the pod's image is %q, want %q", c, want)
	}
}

func TestWhatIsNoGraphIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		pipeline, workflow, want string
	}{
		"an unknown pipeline": {"weekly", workflow, `no pipeline "weekly"`},
		"one pod": {"nightly",
			`{"spec": {"entrypoint": "run", "templates": [{"name": "run", "container": {}}]}}`, "not a graph"},
		"a word of Argo's": {"nightly",
			strings.Replace(workflow, "{{workflow.parameters.date}}", "{{workflow.parameters.other}}", 1),
			"no word for {{workflow.parameters.other}}"},
		"no template": {"nightly",
			`{"spec": {"entrypoint": "run", "templates": [{"name": "run", "dag": {"tasks": [{"name": "x"}]}}]}}`,
			`stage "x" has no template`},
	} {
		var w Workflow
		if err := json.Unmarshal([]byte(c.workflow), &w); err != nil {
			t.Fatal(err)
		}
		if _, err := Render(credit(), c.pipeline, w, start); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
