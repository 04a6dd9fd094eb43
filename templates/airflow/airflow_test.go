package airflow

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

var update = flag.Bool("update", false, "rewrite golden files")

// pod is a pod template with more members of its metadata and of its spec.
func pod(meta, spec string) string {
	return `{` + meta + `"spec": {"serviceAccountName": "pipeline-nightly", "automountServiceAccountToken": false, "enableServiceLinks": false,
	  "restartPolicy": "Never", "securityContext": {"runAsNonRoot": true}, ` + spec +
		`"containers": [{"name": "ashlar", "image": "r/x:1"}]}}`
}

// described is a run of three stages, one in two pods, and an end, as a recorder
// returns it.
var described = `{
  "namespace": "credit", "name": "nightly",
  "stages": [
    {"name": "ingest", "after": [], "fan": 0, "retries": 3, "delay": 60,
     "command": [{"before": "/bin/ashlar-runtime"}, {"before": "stage"}, {"before": "--run"}, {"value": "run"},
                 {"before": "--date=", "value": "date"}, {"before": "--due=", "value": "due"}],
     "pod": ` + pod(`"metadata": {"labels": {"a": "b"}}, `, `"volumes": [{"name": "tmp", "emptyDir": {}}], `) + `},
    {"name": "validate-parts", "after": ["ingest"], "fan": 2,
     "command": [{"before": "/bin/ashlar-runtime"}, {"before": "stage"}, {"before": "--part"}, {"value": "part", "after": "/2"}],
     "pod": ` + pod("", "") + `},
    {"name": "validate", "after": ["ingest", "validate-parts"],
     "command": [{"before": "/bin/ashlar-runtime"}, {"before": "stage"}, {"before": "--parts"}, {"before": "2"}],
     "pod": ` + pod("", "") + `}
  ],
  "finish": {"name": "finish",
    "command": [{"before": "/bin/ashlar-runtime"}, {"before": "finish"}, {"before": "--run"}, {"value": "run"}, {"before": "--status=", "value": "status"}],
    "pod": ` + pod("", "") + `}
}`

// runOf reads a run from JSON.
func runOf(t *testing.T, text string) (Run, error) {
	t.Helper()
	var values any
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return Read(values)
}

func run(t *testing.T) Run {
	t.Helper()
	r, err := runOf(t, described)
	if err != nil {
		t.Fatal(err)
	}
	return r
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
	got, err := Render(credit(), run(t), start)
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
	text, err := Render(credit(), run(t), start)
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
		t.Errorf("validate has no retries in the run, and %d here", v.Retries)
	}
}

func TestNothingInATextEndsIt(t *testing.T) {
	hostile := "\"\"\" + __import__('os').system('false') + \"\\\n'{{ }} \u2028 \U0001f600 \xff"
	p, r := credit(), run(t)
	line := p.Pipelines["nightly"]
	line.Description, line.Schedule = hostile, ""
	p.Pipelines["nightly"] = line
	p.Owner.Team = hostile
	list(r.Stages[0].Pod["spec"].(map[string]any)["containers"])[0]["image"] = hostile
	r.Stages[0].Command[3] = Word{Before: hostile, Value: "run", After: "{{{%# {# {% raw %}"}
	text, err := Render(p, r, start)
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
	said := d.Runs["scheduled, Airflow 3"]["ingest"][3]
	if !strings.HasPrefix(said, want+"20260308T070000Z-") || !strings.HasSuffix(said, "{{{%# {# {% raw %}") {
		t.Errorf("the command says %q", said)
	}
}

func TestWhatIsNoGraphIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"an unknown pipeline": {`"name": "nightly"`, `"name": "weekly"`, `no pipeline "weekly"`},
		"a value that nobody knows": {`"value": "date"`, `"value": "weather"`,
			`stage ingest: airflow has no word for "weather"`},
		"a field that nobody reads": {`"fan": 2`, `"fans": 2`, `unknown field "fans"`},
		"a stage of another type":   {`"fan": 2`, `"fan": "2"`, "the stages of a run: json"},
		"an edge from nowhere": {`"after": ["ingest"]`, `"after": ["prepare"]`,
			"comes after prepare, which does not come before it"},
		"two containers": {`"containers": [`, `"containers": [{"name": "b"}, `, "has 2 containers"},
		"no container":   {`"containers": [`, `"volumes": [`, "has 0 containers"},
		"two commands":   {`"image": "r/x:1"`, `"command": ["x"]`, "has a command of its own"},
		"a command at the end": {`"value": "status"`, `"value": "state"`,
			`stage finish: airflow has no word for "state"`},
	} {
		changed := strings.Replace(described, c.from, c.to, 1)
		if changed == described {
			t.Fatalf("%s: the run has no %s", name, c.from)
		}
		r, err := runOf(t, changed)
		if err == nil {
			_, err = Render(credit(), r, start)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Render(credit(), Run{Name: "nightly"}, start); err == nil ||
		!strings.Contains(err.Error(), "no stages") {
		t.Errorf("a run without stages: %v", err)
	}
	if _, err := Read(func() {}); err == nil {
		t.Error("what JSON cannot say was read")
	}
}

func TestARenderingLeavesTheRunAsItIs(t *testing.T) {
	r := run(t)
	for range 2 {
		if _, err := Render(credit(), r, start); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(r, run(t)) {
		t.Errorf("the run was changed: %v", r)
	}
}

// at goes down into maps.
func at(m map[string]any, path ...string) any {
	var v any = m
	for _, key := range path {
		below, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = below[key]
	}
	return v
}

// list are the maps in a list.
func list(v any) []map[string]any {
	var out []map[string]any
	all, _ := v.([]any)
	for _, one := range all {
		if m, ok := one.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}
