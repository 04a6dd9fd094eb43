// Package airflow renders a pipeline as a DAG file for teams that run Airflow.
//
// The pods are those of the Argo workflow, word for word: the DAG is made of the
// rendered WorkflowTemplate and of the plan, so that a stage has the same image,
// identity, limits and confinement whichever engine starts it, and results that
// one engine has made are taken over by the other. Only what starts them is
// Airflow's: schedule, retries, catchup and mail.
package airflow

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"text/template"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

//go:embed files/dag.py.tmpl
var files embed.FS

// Workflow is an Argo WorkflowTemplate as its manifest has it.
type Workflow = map[string]any

// Options are what a plan does not say.
type Options struct {
	StartDate time.Time // before which nothing is made up for
}

// dag is what the template shows.
type dag struct {
	ID, Description, Owner, Blueprint, Environment, Namespace string

	Cron                    string // five fields of numbers; empty: Every, or on demand
	Every                   int    // seconds
	Zone                    string
	Start                   time.Time
	Catchup                 bool
	MaxActive, Parallelism  int // runs; tasks of one run
	Timeout, Retries, Delay int // seconds; attempts; seconds
	Email                   []string
	Notes                   []string
	Tasks                   []task
	Edges                   []edge
}

// task is one pod.
type task struct {
	ID      string
	Command []string
	Pod     map[string]any // pod template without the command
	Retries int
	Delay   int // seconds
	Finish  bool
}

type edge struct{ From, To string }

// Render returns the DAG file of the pipeline, or everything that is wrong.
func Render(p *plan.Plan, pipeline string, w Workflow, o Options) ([]byte, error) {
	line, ok := p.Pipelines[pipeline]
	if !ok {
		return nil, fmt.Errorf("airflow: the plan has no pipeline %q", pipeline)
	}
	if o.StartDate.IsZero() {
		return nil, errors.New("airflow: no start date")
	}
	d := &dag{
		ID: p.Name + "_" + pipeline, Description: line.Description, Owner: p.Owner.Team, Blueprint: p.Name,
		Environment: p.Environment,
		Email:       line.OnFailure.Email, Catchup: line.Catchup, Start: o.StartDate, MaxActive: 1,
		Retries: line.Retries, Notes: Notes(line),
	}
	if line.Concurrency == plan.Allow {
		d.MaxActive = 16
	}
	if err := d.times(line); err != nil {
		return nil, fmt.Errorf("airflow: pipeline %s: %w", pipeline, err)
	}
	if err := d.tasks(w); err != nil {
		return nil, fmt.Errorf("airflow: pipeline %s: %w", pipeline, err)
	}
	if d.Parallelism = line.Parallelism; d.Parallelism == 0 {
		d.Parallelism = len(d.Tasks) // as many as there is room for
	}
	return d.render()
}

// times reads the schedule, its zone and the durations.
func (d *dag) times(line plan.Pipeline) error {
	_, delay, err := line.Attempts(nil)
	limit, limitErr := line.Deadline()
	zone, zoneErr := line.Zone()
	if err := errors.Join(err, limitErr, zoneErr); err != nil {
		return err
	}
	d.Delay, d.Timeout, d.Zone = seconds(delay), seconds(limit), zone.String()
	if line.Schedule == "" {
		return nil
	}
	s, err := plan.ParseSchedule(line.Schedule)
	if err != nil {
		return fmt.Errorf("schedule %q: %w", line.Schedule, err)
	}
	d.Cron, d.Every = s.Cron(), seconds(s.Every)
	return nil
}

// seconds rounds, to one or more of what is more than nothing.
func seconds(d time.Duration) int {
	if d > 0 {
		d = max(d, time.Second)
	}
	return int(d.Round(time.Second) / time.Second)
}

// FileName is where the DAG file belongs.
func FileName(p *plan.Plan, pipeline string) string {
	return path.Join("dags", p.Name+"_"+pipeline+".py")
}

func (d *dag) render() ([]byte, error) {
	t, err := template.New("dag.py.tmpl").Funcs(template.FuncMap{"py": literal,
		"wrap": wrap}).ParseFS(files, "files/dag.py.tmpl")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, d)
	return out.Bytes(), err
}

// tasks takes the workflow's graph apart.
func (d *dag) tasks(w Workflow) error {
	d.Namespace, _ = at(w, "metadata", "namespace").(string)
	spec, _ := w["spec"].(map[string]any)
	templates := map[string]map[string]any{}
	for _, t := range list(spec["templates"]) {
		name, _ := t["name"].(string)
		templates[name] = t
	}
	entry, _ := spec["entrypoint"].(string)
	main, ok := templates[entry]["dag"].(map[string]any)
	if !ok {
		return errors.New("its workflow is not a graph; render it with ashlar:pipelines argo")
	}
	made := map[string][]string{} // stage -> tasks
	for _, one := range list(main["tasks"]) {
		name, _ := one["name"].(string)
		t, ok := templates[name]
		if !ok {
			return fmt.Errorf("stage %q has no template", name)
		}
		fan := 1
		if count, ok := at(one, "withSequence", "count").(string); ok {
			if _, err := fmt.Sscan(count, &fan); err != nil {
				return fmt.Errorf("stage %s: %q pods", name, count)
			}
		}
		for i := range fan {
			id := name
			if fan > 1 {
				id = fmt.Sprintf("%s-%d", name, i)
			}
			pod, err := d.task(id, t, spec, i)
			if err != nil {
				return err
			}
			d.Tasks = append(d.Tasks, pod)
			made[name] = append(made[name], id)
			for _, after := range words(one["dependencies"]) {
				for _, from := range made[after] {
					d.Edges = append(d.Edges, edge{from, id})
				}
			}
		}
	}
	if end, ok := spec["onExit"].(string); ok {
		last, err := d.task(end, templates[end], spec, 0)
		if err != nil {
			return err
		}
		last.Finish = true
		for _, t := range d.Tasks {
			if !slices.ContainsFunc(d.Edges, func(e edge) bool { return e.From == t.ID }) {
				d.Edges = append(d.Edges, edge{t.ID, end})
			}
		}
		d.Tasks = append(d.Tasks, last)
	}
	return nil
}

// task makes a pod of a template, and a command of Airflow's words.
func (d *dag) task(id string, t, spec map[string]any, part int) (task, error) {
	container := clone(t["container"])
	out := task{ID: id, Delay: d.Delay} // one that the workflow does not repeat is not repeated here
	var err error
	if out.Command, err = said(words(container["command"]), part); err != nil {
		return out, fmt.Errorf("stage %s: %w", id, err)
	}
	delete(container, "command")
	container["name"] = "base" // the one that Airflow fills in and follows
	pod := map[string]any{
		"serviceAccountName": spec["serviceAccountName"], "automountServiceAccountToken": false,
		"enableServiceLinks": false,
		"restartPolicy":      "Never", "securityContext": spec["securityContext"], "containers": []any{container},
	}
	for _, key := range []string{"volumes", "initContainers", "affinity", "tolerations", "nodeSelector"} {
		if t[key] != nil {
			pod[key] = t[key]
		}
	}
	out.Pod = map[string]any{"apiVersion": "v1", "kind": "Pod", "spec": pod}
	if meta, ok := t["metadata"].(map[string]any); ok {
		out.Pod["metadata"] = meta
	}
	if limit := at(t, "retryStrategy", "limit"); limit != nil {
		out.Retries, _ = whole(limit)
		if text, ok := at(t, "retryStrategy", "backoff", "duration").(string); ok {
			delay, err := plan.ParseDuration(text)
			if err != nil {
				return out, fmt.Errorf("stage %s: %w", id, err)
			}
			out.Delay = seconds(delay)
		}
	}
	return out, nil
}
