package job

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/components/queue"
)

// The engines that run a job.
const (
	Argo    = "argo"    // WorkflowTemplate, and a CronWorkflow where there is a schedule
	CronJob = "cronjob" // CronJob, suspended where there is not a valid schedule
	Once    = "once"    // Job: runs when it is made, and again when what it runs changes
)

// Args says what runs, when, and what becomes of a run that fails.
type Args struct {
	Namespace string
	Name      string // of the objects
	Engine    string
	Pod       pod.Args // its service account is made here
	Labels    map[string]string

	// Schedule is a cron expression or @daily and the like; empty: on demand.
	Schedule string
	// Timezone is in which the schedule is read, by its name in the IANA database;
	// empty: UTC.
	Timezone string
	// Catchup starts the last run that was missed, as when the cluster was down,
	// up to a year late; without it a run that cannot start in ten minutes is left
	// out. Neither engine makes up for more than one.
	Catchup bool
	// Concurrency says what a run does that begins while another is under way:
	// "forbid" (or empty), "allow" or "replace".
	Concurrency string
	// Stages are run a pod each, as a graph, by Argo; other engines run Pod, which
	// does all of them. Finish is the command with which Pod ends a run of stages,
	// however that went. Parallelism bounds the pods at once; 0: no bound.
	Stages      []Stage
	Finish      []Word
	Parallelism int

	// Retries are further attempts after one that broke. An attempt that judged
	// its input and found it wanting (exit code 1) or was told nonsense (2) is
	// not repeated: it would have the same result.
	Retries int
	// RetryDelay is the wait before the next attempt. Argo waits for it even
	// before it gives up. Kubernetes' own jobs do not let anyone choose: there it
	// is 10 s, doubled each time up to 6 minutes.
	RetryDelay time.Duration
	Deadline   time.Duration // of a run with all its attempts; then it is ended

	// Queue is the LocalQueue that runs wait in for a quota: the whole Job, or with Argo
	// each pod of the stages; the pod that ends a run never waits. Empty: none.
	Queue string

	// Metric are the labels under which Argo's controller exports
	// argo_workflows_ashlar_pipeline_failed, 1 once a run has failed for good and
	// 0 once one has succeeded; nil: it exports nothing.
	Metric map[string]string

	After []pulumi.Resource // what must be there first
}

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("job: no arguments")
	}
	longest := object.MaxCron
	if a.Engine == Once {
		longest = object.MaxLabel
	}
	found := []error{object.CheckName("job", a.Name, longest),
		object.CheckName("namespace", a.Namespace, object.MaxLabel), object.CheckLabels(a.Labels)}
	say := func(format string, args ...any) {
		found = append(found, fmt.Errorf("job %s: "+format, append([]any{a.Name}, args...)...))
	}
	switch a.Engine {
	case Argo, CronJob:
	case Once:
		if a.Schedule != "" {
			say("schedule %q: it runs once", a.Schedule)
		}
	default:
		say("engine %q: want %s, %s or %s", a.Engine, Argo, CronJob, Once)
	}
	if a.Schedule != "" && !plausible(a.Schedule) {
		say("schedule %q: want five cron fields, or @daily and the like, without a time zone", a.Schedule)
	}
	if strings.EqualFold(a.Timezone, "local") || strings.ContainsAny(a.Timezone, " =\n") {
		say("time zone %q: want Area/City", a.Timezone)
	}
	if a.Retries < 0 || a.Retries > 20 {
		say("%d retries: want 0 to 20", a.Retries)
	}
	if a.RetryDelay < 0 || a.RetryDelay%time.Second != 0 || a.Retries > 0 && a.RetryDelay == 0 {
		say("retry delay %s: want whole seconds", a.RetryDelay)
	}
	if a.Deadline < time.Second {
		say("deadline %s: want a second or more", a.Deadline)
	}
	whole := &a.Pod
	if end := a.end(); end != nil {
		whole = end.argo()
	}
	if err := whole.Validate(); err != nil {
		say("%w", err)
	}
	if a.Queue != "" {
		found = append(found, object.CheckName("queue", a.Queue, object.MaxLabel))
	}
	if !slices.Contains([]string{"", "forbid", "allow", "replace"}, a.Concurrency) {
		say("concurrency %q: want forbid, allow or replace", a.Concurrency)
	}
	found = append(found, a.checkStages()...)
	return errors.Join(found...)
}

// queued adds the queue to the labels of what waits in it.
func (a *Args) queued(labels map[string]string) map[string]string {
	if a.Queue == "" {
		return labels
	}
	return object.With(labels, queue.Label, a.Queue)
}

// zone is the time zone of the schedule.
func (a *Args) zone() string {
	if a.Timezone == "" {
		return "Etc/UTC"
	}
	return a.Timezone
}

// plausible reports whether the text has a schedule's form; the engine reads the rest.
func plausible(schedule string) bool {
	return strings.HasPrefix(schedule, "@") || len(strings.Fields(schedule)) == 5
}

// lateness is for how many seconds a missed run may still start.
func (a *Args) lateness() int {
	if a.Catchup {
		return int((366 * 24 * time.Hour).Seconds())
	}
	return int((10 * time.Minute).Seconds())
}

func (a *Args) seconds() int { return int(a.Deadline.Seconds()) }

// concurrency is the policy as Kubernetes and Argo spell it.
func (a *Args) concurrency() string {
	switch a.Concurrency {
	case "allow":
		return "Allow"
	case "replace":
		return "Replace"
	}
	return "Forbid"
}
