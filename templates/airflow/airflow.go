// Package airflow renders a pipeline as a DAG file for teams that run Airflow.
//
// A DAG is made of the plan and of a Run: the stages of the pipeline, as the stack
// that deploys the blueprint made them, with a pod template each. Argo's workflow
// is made of the same list. So a stage has the same image, identity, limits and
// confinement whichever engine starts it, and results that one engine has made are
// taken over by the other. This package knows nothing of Argo: what a command is
// told of its run is a named value (see Word), which it writes in Airflow's words.
// Only what starts the pods is Airflow's own: schedule, retries, catchup and mail.
//
// A Run is plain values and no type of the stack's, since a stack's pods hold what
// only an engine, or a recorder of it, resolves.
package airflow

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"path"
	"text/template"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

//go:embed files/dag.py.tmpl
var files embed.FS

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

// Render returns the DAG file of the run's pipeline. It errs where the plan has no
// such pipeline, and where Airflow has no word for what the plan or a stage says.
func Render(p *plan.Plan, r Run, o Options) ([]byte, error) {
	pipeline := r.Name
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
	if err := d.tasks(r); err != nil {
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
