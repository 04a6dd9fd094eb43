package defaults

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/schema"
	"github.com/ashlar-dev/ashlar/runtime/schedule"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

func contextOf(t *testing.T) (context.Context, context.CancelCauseFunc) {
	return context.WithCancelCause(t.Context())
}

// held is a default that must hold: what each target does where the field is not
// written. A target that cannot says so: its answer begins with "said: ".
type held struct {
	fields                        string // of the pipeline in which it shows
	want                          string
	local, argo, cronjob, airflow func(t *testing.T, fields string) string
	otherwise                     map[string]string // target -> what is said
}

// plain are fields without which there is nothing to do, so that no target can do
// it otherwise than another.
var plain = strings.Fields(`pipeline.description pipeline.model pipeline.stages pipeline.params pipeline.on_failure
	stage.description stage.foreach stage.do stage.matrix
	step.cmd step.wdir step.deps step.params step.outs step.metrics step.plots step.frozen step.always_changed step.image step.environment step.env
	step.resources step.memory step.cpu step.gpu step.node_selector step.tolerations`)

const nightly = `, schedule: "0 3 * * *"`

var defaults = map[string]held{
	"pipeline.schedule": {
		fields: "", want: "on demand",
		local: func(t *testing.T, f string) string { return demand(compiled(t, f).Pipelines["l"].Schedule == "") },
		argo: func(t *testing.T, f string) string {
			return demand(onCluster(t, config.PipelinesArgo, f).objects["CronWorkflow"] == nil)
		},
		cronjob: func(t *testing.T, f string) string {
			return demand(onCluster(t, config.PipelinesCronJob, f).objects["CronJob"].at("spec.suspend") == true)
		},
		airflow: func(t *testing.T, f string) string {
			text, _ := onAirflow(t, f)
			return demand(strings.Contains(text, "schedule=None,"))
		},
	},
	"pipeline.timezone": {
		fields: nightly, want: "UTC",
		local: func(t *testing.T, f string) string {
			run, err := schedule.Next(compiled(t, f).Pipelines["l"], time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))
			if err != nil || run.At.Hour() != 3 {
				return fmt.Sprint(run, err)
			}
			return "UTC"
		},
		argo:    cron(config.PipelinesArgo, "CronWorkflow", "spec.timezone", map[string]string{"Etc/UTC": "UTC"}),
		cronjob: cron(config.PipelinesCronJob, "CronJob", "spec.timeZone", map[string]string{"Etc/UTC": "UTC"}),
		airflow: dag(`schedule=CronTriggerTimetable\("0 3 \* \* \*", timezone="(.*?)"\)`, nil),
	},
	"pipeline.concurrency": {
		fields: nightly, want: "one at a time",
		local: func(t *testing.T, f string) string {
			return map[plan.Concurrency]string{plan.Forbid: "one at a time"}[compiled(t, f).Pipelines["l"].Concurrency]
		},
		argo: cron(config.PipelinesArgo, "CronWorkflow", "spec.concurrencyPolicy",
			map[string]string{"Forbid": "one at a time"}),
		cronjob: cron(config.PipelinesCronJob, "CronJob", "spec.concurrencyPolicy",
			map[string]string{"Forbid": "one at a time"}),
		airflow:   dag(`max_active_runs=(\d+)`, map[string]string{"1": "one at a time"}),
		otherwise: map[string]string{"airflow": "does not leave it out"},
	},
	"pipeline.catchup": {
		fields: nightly, want: "left out after ten minutes",
		local: func(t *testing.T, f string) string {
			last := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
			late, err := schedule.Due(compiled(t, f).Pipelines["l"], last, last.Add(5*plan.Day))
			soon, soonErr := schedule.Due(compiled(t, f).Pipelines["l"], last,
				last.Add(5*plan.Day-9*time.Hour+9*time.Minute))
			if err != nil || soonErr != nil || len(late) != 0 || len(soon) != 1 {
				return fmt.Sprint(late, soon, err, soonErr)
			}
			return "left out after ten minutes"
		},
		argo: cron(config.PipelinesArgo, "CronWorkflow", "spec.startingDeadlineSeconds",
			map[string]string{"600": "left out after ten minutes"}),
		cronjob: cron(config.PipelinesCronJob, "CronJob", "spec.startingDeadlineSeconds",
			map[string]string{"600": "left out after ten minutes"}),
		airflow:   dag(`catchup=(\w+)`, map[string]string{"False": "left out after ten minutes"}),
		otherwise: map[string]string{"airflow": "however late it is"},
	},
	"pipeline.retries": {
		fields: own(""), want: "1 attempt",
		local: attempts,
		argo:  template("s", "retryStrategy", map[string]string{"<nil>": "1 attempt"}),
		cronjob: withoutOwn(cron(config.PipelinesCronJob, "CronJob", "spec.jobTemplate.spec.backoffLimit",
			map[string]string{"0": "1 attempt"})),
		airflow: dag(`(?s)\n        "s": stage\(.*?\},\n            (\d+),\n`, map[string]string{"0": "1 attempt"}),
	},
	"pipeline.retry_delay": {
		fields: `, retries: 1` + own(""), want: "5m0s",
		local:   delay,
		argo:    template("s", "retryStrategy.backoff.duration", map[string]string{"300s": "5m0s"}),
		cronjob: func(*testing.T, string) string { return "5m0s" },
		airflow: dag(`(?s)\n        "s": stage\(.*?\},\n            1,\n            (\d+),\n`,
			map[string]string{"300": "5m0s"}),
		otherwise: map[string]string{"cronjob": "retry_delay 5m0s"},
	},
	"pipeline.timeout": {
		fields: "", want: "12h0m0s",
		local: func(t *testing.T, f string) string {
			p := compiled(t, f)
			d, err := p.Line(p.UnitFor("l"), "l").Deadline()
			return fmt.Sprint(d, fmt.Sprint(err)[len("<nil>"):])
		},
		argo: cron(config.PipelinesArgo, "WorkflowTemplate", "spec.activeDeadlineSeconds",
			map[string]string{"43200": "12h0m0s"}),
		cronjob: cron(config.PipelinesCronJob, "CronJob", "spec.jobTemplate.spec.activeDeadlineSeconds",
			map[string]string{"43200": "12h0m0s"}),
		airflow: dag(`dagrun_timeout=timedelta\(seconds=(\d+)\)`, map[string]string{"43200": "12h0m0s"}),
	},
	"pipeline.parallelism": {
		fields: own(""), want: "as many as there is room for",
		local: func(t *testing.T, f string) string { return room(compiled(t, f).Pipelines["l"].Parallelism == 0) },
		argo: func(t *testing.T, f string) string {
			return room(onCluster(t, config.PipelinesArgo, f).objects["WorkflowTemplate"].at("spec.parallelism") == nil)
		},
		cronjob: withoutOwn(func(t *testing.T, f string) string {
			// one pod that does all
			return room(onCluster(t, config.PipelinesCronJob,
				f).objects["CronJob"].at("spec.jobTemplate.spec.parallelism") == nil)
		}),
		airflow: func(t *testing.T, f string) string {
			text, _ := onAirflow(t, f)
			return room(found(text, `max_active_tasks=(\d+)`) == fmt.Sprint(strings.Count(text, ": stage(\n")))
		},
	},
	"pipeline.resources": {
		fields: "", want: "4Gi",
		local: func(t *testing.T, f string) string { return compiled(t, f).Pipelines["l"].Given(plan.Node{}).Memory },
		argo:  template("train", "container.resources.limits.memory", nil),
		cronjob: cron(config.PipelinesCronJob, "CronJob",
			"spec.jobTemplate.spec.template.spec.containers.0.resources.limits.memory", nil),
		airflow: dag(`(?s)\n        "train": stage\(.*?"limits": \{\s*"memory": "(\w+)"`, nil),
	},
	"pipeline.priority": {
		fields: "", want: "the cluster's",
		local: func(t *testing.T, f string) string {
			if compiled(t, f).Pipelines["l"].Priority != "" {
				return "another"
			}
			return "the cluster's"
		},
		argo: template("train", "priorityClassName", map[string]string{"<nil>": "the cluster's"}),
		airflow: func(t *testing.T, f string) string {
			text, _ := onAirflow(t, f)
			if strings.Contains(text, "priority_class_name") || strings.Contains(text, "priorityClassName") {
				return "another"
			}
			return "the cluster's"
		},
		cronjob: cron(config.PipelinesCronJob, "CronJob", "spec.jobTemplate.spec.template.spec.priorityClassName",
			map[string]string{"<nil>": "the cluster's"}),
	},
	"pipeline.fan_out": {
		fields: "", want: "one pod a stage",
		local: func(t *testing.T, f string) string { return pods(compiled(t, f).Pipelines["l"].FanOut == 0) },
		argo:  template("validate", "inputs", map[string]string{"<nil>": "one pod a stage"}),
		cronjob: cron(config.PipelinesCronJob, "CronJob", "spec.jobTemplate.spec.completions",
			map[string]string{"<nil>": "one pod a stage"}),
		airflow: func(t *testing.T, f string) string {
			text, _ := onAirflow(t, f)
			return pods(!strings.Contains(text, "validate-parts"))
		},
	},
	"step.retries": {
		fields: `, retries: 1` + own(""), want: "2 attempts",
		local: func(t *testing.T, f string) string {
			if _, wait := here(t, f); wait == 0 {
				return "1 attempt"
			}
			return "2 attempts"
		},
		argo:    template("s", "retryStrategy.limit", map[string]string{"1": "2 attempts"}),
		airflow: dag(`(?s)\n        "s": stage\(.*?\},\n            (\d+),\n`, map[string]string{"1": "2 attempts"}),
	},
	"step.retry_delay": {
		fields: `, retry_delay: "2m"` + own("retries: 1"), want: "2m0s",
		local: delay,
		argo:  template("s", "retryStrategy.backoff.duration", map[string]string{"120s": "2m0s"}),
		airflow: dag(`(?s)\n        "s": stage\(.*?\},\n            1,\n            (\d+),\n`,
			map[string]string{"120": "2m0s"}),
	},
	"step.timeout": {
		fields: own(""), want: "that of the run",
		local: func(t *testing.T, f string) string {
			return run(compiled(t, f).Pipelines["l"].Stages["s"].Timeout == "")
		},
		argo: template("s", "activeDeadlineSeconds", map[string]string{"<nil>": "that of the run"}),
		airflow: func(t *testing.T, f string) string {
			text, _ := onAirflow(t, f)
			return run(!strings.Contains(text, "execution_timeout"))
		},
	},
}

// TestEveryFieldOfAPipelineHasItsDefaultCompared is generated from the schema: a
// new field needs an entry.
func TestEveryFieldOfAPipelineHasItsDefaultCompared(t *testing.T) {
	var fields []string
	for _, c := range []struct{ file, definition, prefix string }{{"pipeline.cue", "#Pipeline", "pipeline."},
		{"stage.cue", "#Stage", "stage."}, {"stage.cue", "#Step", "step."}} {
		b, err := schema.Files.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		_, body, ok := strings.Cut(string(b), "\n"+c.definition+": {\n")
		body, _, _ = strings.Cut(body, "\n}\n")
		if !ok {
			t.Fatalf("%s has no %s", c.file, c.definition)
		}
		for _, m := range regexp.MustCompile(`(?m)^\t(\w+)[?!]?:`).FindAllStringSubmatch(body, -1) {
			fields = append(fields, c.prefix+m[1])
		}
	}
	if len(fields) < 35 {
		t.Fatalf("only %d fields: %v", len(fields), fields)
	}
	for _, f := range fields {
		if _, compared := defaults[f]; compared == slices.Contains(plain, f) {
			t.Errorf("%s is neither compared between targets nor plain, or both", f)
		}
	}
	for f := range defaults {
		if !slices.Contains(fields, f) {
			t.Errorf("the schema has no %s", f)
		}
	}
}

func TestEachTargetHoldsEachDefault(t *testing.T) {
	for name, d := range defaults {
		for target, does := range map[string]func(*testing.T, string) string{"local": d.local, "argo": d.argo,
			"cronjob": d.cronjob, "airflow": d.airflow} {
			if does == nil {
				if target != "cronjob" || !strings.HasPrefix(name, "step.") { // it has no custom stages
					t.Errorf("%s: nobody looks at %s", name, target)
				}
				continue
			}
			t.Run(name+" "+target, func(t *testing.T) {
				if got := does(t, d.fields); got != d.want {
					t.Errorf("%q, want %q", got, d.want)
				}
				said := d.otherwise[target]
				if said == "" {
					return
				}
				notes := onCluster(t, config.PipelinesCronJob, strings.Replace(d.fields, own(""), "", 1)).notes
				if target == "airflow" {
					_, notes = onAirflow(t, d.fields)
				}
				if !strings.Contains(notes, said) {
					t.Errorf("it is not said that %q; notes are\n%s", said, notes)
				}
			})
		}
	}
}

func word(text string) func(bool) string {
	return func(yes bool) string {
		if yes {
			return text
		}
		return "not " + text
	}
}

var (
	demand = word("on demand")
	room   = word("as many as there is room for")
	pods   = word("one pod a stage")
	run    = word("that of the run")
)

// cron reads an object of a cluster, and says it in our words.
func cron(engine, kind, path string, words map[string]string) func(*testing.T, string) string {
	return func(t *testing.T, fields string) string {
		o := onCluster(t, engine, fields).objects[kind]
		if o == nil {
			return "no " + kind
		}
		return ours(fmt.Sprint(o.at(path)), words)
	}
}

// template reads a template of the Argo workflow.
func template(name, path string, words map[string]string) func(*testing.T, string) string {
	return func(t *testing.T, fields string) string {
		one := named(onCluster(t, config.PipelinesArgo, fields).objects["WorkflowTemplate"].at("spec.templates"), name)
		if one == nil {
			return "no template " + name
		}
		return ours(fmt.Sprint(one.at(path)), words)
	}
}

// dag reads the DAG file.
func dag(pattern string, words map[string]string) func(*testing.T, string) string {
	return func(t *testing.T, fields string) string {
		text, _ := onAirflow(t, fields)
		return ours(found(text, pattern), words)
	}
}

func ours(text string, words map[string]string) string {
	if word, ok := words[text]; ok {
		return word
	}
	return text
}

// withoutOwn leaves custom stages out, which a CronJob cannot have.
func withoutOwn(does func(*testing.T, string) string) func(*testing.T, string) string {
	return func(t *testing.T, fields string) string { return does(t, strings.Replace(fields, own(""), "", 1)) }
}

func attempts(t *testing.T, fields string) string {
	n, wait := here(t, fields)
	if wait != 0 {
		return fmt.Sprintf("another after %s", wait)
	}
	return fmt.Sprintf("%d attempt", n)
}

// delay is how long the first wait is, to the minute: it is varied by a tenth.
func delay(t *testing.T, fields string) string {
	_, wait := here(t, fields)
	for whole := time.Minute; whole <= wait+wait/10; whole += time.Minute {
		if (wait - whole).Abs() <= whole/10 { // what jitter adds or takes away
			return whole.String()
		}
	}
	return wait.String()
}
