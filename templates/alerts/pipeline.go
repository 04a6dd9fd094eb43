package alerts

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// The engines that run pipelines, whose metrics say how a run ended.
const (
	Argo    = "argo"    // the workflow's own gauge, exported by Argo's controller
	CronJob = "cronjob" // kube-state-metrics
)

// argoFailed is 1 once a run of the workflow has failed for good, 0 once one
// has succeeded.
const argoFailed = "argo_workflows_ashlar_pipeline_failed"

// Pipeline returns the group of a pipeline: its latest run failed for good. The
// alert carries the addresses that the blueprint wants told.
// A CronJob's failure waits ten minutes, as kube-state-metrics may show that a job
// has ended before it shows that it succeeded.
func Pipeline(p *plan.Plan, name string, opt Options) ([]Group, error) {
	line, ok := p.Pipelines[name]
	if !ok {
		return nil, fmt.Errorf("pipeline %s: the plan has none of that name", name)
	}
	labels := map[string]string{"blueprint": p.Name, "environment": p.Environment, "pipeline": name}
	expr, wait := failedWorkflow(labels), ""
	switch opt.Engine {
	case Argo:
	case CronJob:
		expr, wait = failedCronJob(name, opt), "10m"
	default:
		return nil, fmt.Errorf("pipeline %s: engine %q: want %s or %s", name, opt.Engine, Argo, CronJob)
	}
	if opt.Namespace != "" {
		labels = with(labels, "namespace", opt.Namespace)
	}
	labels = with(labels, "team", p.Owner.Team, "severity", Ticket)
	told := p.Owner.Email
	if len(line.OnFailure.Email) > 0 {
		told = strings.Join(line.OnFailure.Email, ", ")
	}
	if err := errors.Join(printable("label", labels),
		printable("owner", map[string]string{"email": told})); err != nil {
		return nil, fmt.Errorf("pipeline %s: %w", name, err)
	}
	return []Group{{Name: "pipeline-" + p.Name + "-" + name, Rules: []Rule{{
		Alert: "PipelineFailed", Expr: expr, For: wait, Labels: labels,
		Annotations: map[string]string{
			"summary":     fmt.Sprintf("the latest run of %s failed", name),
			"description": fmt.Sprintf("Every attempt (%d) failed; %s keeps the version that it has. The run's log says which stage it was.", line.Retries+1, line.Model),
			"owner":       p.Owner.Email,
			"email":       told,
		},
	}}}}, nil
}

// failedWorkflow is true while the gauge is; max joins the controller's replicas.
func failedWorkflow(labels map[string]string) string {
	return fmt.Sprintf("max(%s%s) > 0", argoFailed, selector(labels))
}

// failedCronJob is true once the run that the schedule started last has ended
// and has not succeeded.
func failedCronJob(name string, opt Options) string {
	labels := map[string]string{"cronjob": name}
	if opt.Namespace != "" {
		labels["namespace"] = opt.Namespace
	}
	s := selector(labels)
	const by = "on(namespace,cronjob)"
	return fmt.Sprintf("(\n  kube_cronjob_status_last_schedule_time%[1]s\n  unless %[2]s\n  (kube_cronjob_status_last_successful_time%[1]s >= %[2]s kube_cronjob_status_last_schedule_time%[1]s)\n)\nand %[2]s\n(kube_cronjob_status_active%[1]s == 0)",
		s, by)
}
