// Package defaults compares what a laptop, Argo Workflows, Kubernetes' CronJobs and
// Airflow do with a pipeline that says nothing: the schema's defaults hold
// everywhere, or it is said where they do not.
package defaults

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/stacks/aws"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/record"
	"github.com/ashlar-dev/ashlar/stacks/render"
	"github.com/ashlar-dev/ashlar/templates/airflow"
)

const blueprint = `package b
import "ashlar.dev/blueprint"
blueprint.#Blueprint & {
	name: "b"
	owner: {team: "t", email: "t@example.com"}
	datasets: d: {source: "d.csv", columns: {a: {type: "number"}, t: {type: "category", values: ["no", "yes"]}}}
	models: m: {dataset: "d", target: "t", positive: "yes", algorithm: "logistic_regression"}
	pipelines: l: {model: "m" FIELDS}
	environments: prod: {}
}
`

// own is a custom stage, with more fields.
func own(fields string) string {
	return `, stages: s: {cmd: "false", image: "registry/py@sha256:` + strings.Repeat("0", 64) + `", ` + fields + `}`
}

func compiled(t *testing.T, fields string) *plan.Plan {
	t.Helper()
	text := strings.Replace(blueprint, "FIELDS", fields, 1)
	p, err := blueprints.Load(fstest.MapFS{"b/b.cue": {Data: []byte(text)},
		"b/d.csv": {Data: []byte("a,t\n1,yes\n")}}, "b", "prod")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return p
}

// object is a Kubernetes object.
type object map[string]any

// at goes down by a path of names and, in lists, numbers; nil where it ends early.
func (o object) at(path string) any {
	var v any = map[string]any(o)
	for _, key := range strings.Split(path, ".") {
		switch down := v.(type) {
		case map[string]any:
			v = down[key]
		case []any:
			i := int(key[0] - '0')
			if i >= len(down) {
				return nil
			}
			v = down[i]
		default:
			return nil
		}
	}
	return v
}

// named finds the member of a list that has the name.
func named(list any, name string) object {
	all, _ := list.([]any)
	for _, one := range all {
		if m, ok := one.(map[string]any); ok && m["name"] == name {
			return m
		}
	}
	return nil
}

// cluster is the pipeline on a cluster: its objects by kind, and what is said.
type cluster struct {
	objects map[string]object
	notes   string
}

// program is what the stack registers for the pipeline, described too where asked.
func program(t *testing.T, engine, fields string, describe bool) ([]*plan.Plan, config.Config, *record.Recording) {
	t.Helper()
	plans := []*plan.Plan{compiled(t, fields)}
	cfg := config.Defaults(config.LayerWorkloads, config.ProviderKubernetes, "prod")
	cfg.Image, cfg.StoreURL, cfg.DatabaseURL = "registry/runtime:1", "s3://bucket/prefix?region=eu-central-1",
		"postgres://u:p@db:5432/a?sslmode=verify-full"
	cfg.Pipelines, cfg.Describe = engine, describe
	rec, err := record.Program(t.Context(), aws.Program(plans, cfg, nil),
		record.Run{Project: "ashlar", Stack: "workloads-prod", Config: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	return plans, cfg, rec
}

func onCluster(t *testing.T, engine, fields string) cluster {
	t.Helper()
	plans, cfg, rec := program(t, engine, fields, false)
	files, err := render.All(rec, render.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	out := cluster{map[string]object{}, strings.Join(aws.Notes(plans, cfg), "\n")}
	for name, text := range files {
		var o map[string]any
		if !strings.HasPrefix(name, "manifests/") || yaml.Unmarshal(text, &o) != nil {
			continue
		}
		if meta, _ := o["metadata"].(map[string]any); meta["name"] == "l" {
			out.objects[o["kind"].(string)] = o
		}
	}
	return out
}

// onAirflow is the pipeline's DAG file, and what is said.
func onAirflow(t *testing.T, fields string) (text, notes string) {
	t.Helper()
	plans, _, rec := program(t, config.PipelinesArgo, fields, true)
	runs, err := render.Inputs(rec, aws.Described, render.Options{})
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs are described: %v", len(runs), err)
	}
	run, err := airflow.Read(runs[0])
	if err != nil {
		t.Fatal(err)
	}
	b, err := airflow.Render(plans[0], run, airflow.Options{StartDate: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return string(b), strings.Join(airflow.Notes(plans[0].Pipelines["l"]), "\n")
}

// found is what the first group of the pattern has in the text.
func found(text, pattern string) string {
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		return "nothing like " + pattern
	}
	return m[1]
}

// here runs the stage s, which fails, on this machine until it waits for another
// attempt. It returns how many there were, and for how long it would have waited.
func here(t *testing.T, fields string) (attempts int, wait time.Duration) {
	t.Helper()
	p := compiled(t, fields)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "d.csv"), []byte("a,t\n1,yes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	ctx, cancel := contextOf(t)
	defer cancel(nil)
	waits := errors.New("it waits")
	r, err := pipeline.New(pipeline.Config{Plan: p, Dir: dir, Store: s, TempDir: t.TempDir(), Getenv: os.Getenv,
		Now: time.Now, Observe: func(e pipeline.Event) {
			if e.Kind == pipeline.StageRetrying {
				wait, _ = time.ParseDuration(found(e.Detail, `the next is in ([^:]+):`))
				cancel(waits)
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	run, err := r.Do(ctx, pipeline.Job{Unit: p.UnitFor("l"), Line: "l", Through: "s"})
	if err == nil {
		t.Fatal("the stage has not failed")
	}
	for _, one := range run.Stages {
		if one.Stage == "s" {
			attempts = one.Attempts
		}
	}
	return attempts, wait
}
